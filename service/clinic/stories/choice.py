"""Choose the strategy of this request and read the stories with it."""

from collections.abc import Mapping, Sequence

from flask import current_app, request

from clinic.db import get_session
from clinic.errors import BadRequest, ComingSoon
from clinic.flags import evaluation as flags
from clinic.settings import Settings
from clinic.stories import visitor
from clinic.stories.strategies import SeenCat, Strategy
from clinic.telemetry import request_stats


def read_stories(clinic_name: str) -> tuple[str, Sequence[SeenCat]]:
    """Return the strategy's name and the cats; raise BadRequest, ClinicNotFound or ComingSoon.

    A visitor who is not in the audience costs the database nothing.
    """
    if not flags.in_audience(visitor.session_id()):
        raise ComingSoon(clinic_name)
    strategy = _chosen_strategy()
    stats = request_stats.current()
    if stats is not None:
        stats.strategy = strategy
    return strategy, _strategies()[strategy](get_session(), clinic_name)


def _chosen_strategy() -> str:
    """Return what the request asks for, where that is allowed, or else what the flag says."""
    settings: Settings = current_app.config["CLINIC"]
    asked_for = request.args.get("strategy")
    if asked_for is None:
        return flags.strategy()
    if not settings.allow_strategy_override:
        raise BadRequest("Requests may not choose their strategy here; leave ?strategy= out.")
    if asked_for not in _strategies():
        raise BadRequest(
            f"The strategy {asked_for!r} does not exist; use one of {', '.join(_strategies())}."
        )
    return asked_for


def _strategies() -> Mapping[str, Strategy]:
    """Return the application's strategies by their names."""
    strategies: Mapping[str, Strategy] = current_app.config["STRATEGIES"]
    return strategies
