"""Evaluate the feature flags, in flagd's file format, in this process through OpenFeature.

    flags.json ──► FlagFileWatcher ──► parse() ──► FlagdEvaluation ──► strategy(), in_audience()
                   twice a second      or a line
                                       in the log

A change reaches every worker without a restart, and only if it is valid. A run changes its own
copy; service/flags.json, which it starts from, is never written.
"""

import logging
import os
import shutil
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, current_app
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext

from clinic.errors import SettingsError
from clinic.flags.file import AUDIENCE_FLAG, FALLBACK_AUDIENCE, FALLBACK_STRATEGY, STRATEGY_FLAG
from clinic.flags.provider import FlagdEvaluation
from clinic.flags.strict_json import FlagFileError
from clinic.flags.watcher import FlagFileWatcher

log = logging.getLogger(__name__)

EXTENSION = "clinic-flags"
_PACKAGE = Path(__file__).resolve().parents[1]
# A wheel has the file in the package, a checkout next to it.
TEMPLATE = next(filter(Path.exists, [_PACKAGE / "flags.json"]), _PACKAGE.parent / "flags.json")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Hold what one application asks for its flags, and what follows their file."""

    client: OpenFeatureClient
    watcher: FlagFileWatcher


def init_app(app: Flask, flags_file: Path, strategies: Collection[str]) -> None:
    """Follow a flag file, which is made from the template if it is missing.

    Call it in the process that serves requests, after any fork: the watching thread lives there.
    """
    copy_template(flags_file)
    provider = FlagdEvaluation()
    # A domain for each application, so that two of them in one process do not share their flags.
    domain = f"clinic-{id(app)}"
    api.set_provider_and_wait(provider, domain)
    watcher = FlagFileWatcher(flags_file, strategies, provider.take)
    try:
        watcher.start()
    except FlagFileError as error:
        raise SettingsError(
            f"CLINIC_FLAGS_FILE={flags_file} cannot be used: {error}; "
            "mend it, or remove it to start from the template"
        ) from error
    app.extensions[EXTENSION] = Evaluation(api.get_client(domain), watcher)


def close_app(app: Flask) -> None:
    """Stop looking at the file."""
    evaluation: Evaluation = app.extensions[EXTENSION]
    evaluation.watcher.stop()


def strategy() -> str:
    """Return the strategy in force. Costs less than 100 µs, as does in_audience()."""
    return _client().get_string_value(STRATEGY_FLAG, FALLBACK_STRATEGY)


def in_audience(session_id: str) -> bool:
    """Tell whether this session gets the Success Stories: always the same for the same flags.

    A larger fraction keeps everybody whom a smaller one let in.
    """
    visitor = EvaluationContext(targeting_key=session_id)
    return _client().get_boolean_value(AUDIENCE_FLAG, FALLBACK_AUDIENCE, visitor)


def _client() -> OpenFeatureClient:
    evaluation: Evaluation = current_app.extensions[EXTENSION]
    return evaluation.client


def copy_template(flags_file: Path) -> None:
    """Make the flag file if it is missing: whole or not at all, also with many workers starting."""
    if flags_file.exists():
        return
    if not TEMPLATE.exists():
        raise SettingsError(
            f"CLINIC_FLAGS_FILE={flags_file} does not exist, and this installation has no template "
            "to make it from; copy service/flags.json there"
        )
    flags_file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=flags_file.parent, prefix=".flags-")
    try:
        with os.fdopen(handle, "wb") as copy, TEMPLATE.open("rb") as template:
            shutil.copyfileobj(template, copy)
        Path(name).chmod(0o644)
        os.link(name, flags_file)
    except FileExistsError:
        log.debug("another worker has made %s", flags_file)
    finally:
        Path(name).unlink()
