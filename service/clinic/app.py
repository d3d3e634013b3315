"""Put the application together: a line for each concern, which the named module explains.

This is not the package's `__init__`: the commands that seed a database import the package too. They
need no pages, API or instrumentation, and start in two thirds of the time without them.
"""

from collections.abc import Mapping

from flask import Flask
from flask_openapi3.openapi import OpenAPI

from clinic import db, error_answers, security
from clinic.api import document
from clinic.api import views as api
from clinic.booking import pages as booking
from clinic.flags import evaluation as flags
from clinic.pages import directory, formats, health
from clinic.settings import Settings
from clinic.stories import page as stories
from clinic.stories.strategies import STRATEGIES, Strategy
from clinic.telemetry import instrument, request_stats, statement_counts
from clinic.telemetry import providers as telemetry
from clinic.telemetry.providers import Telemetry


def create_app(
    settings: Settings | None = None,
    providers: Telemetry | None = None,
    *,
    strategies: Mapping[str, Strategy] = STRATEGIES,
) -> Flask:
    """Make the application; without arguments from the environment, as gunicorn does.

    strategies: how Success Stories can be read, under the names that the flag has for them.

    Raises SettingsError for an unusable setting, TelemetryError if SQL would leave no span.
    """
    if settings is None:
        settings = Settings.from_env()
        providers = telemetry.from_env(fold=settings.fold_spans)
    app = OpenAPI("clinic", **document.OPTIONS)
    app.config.from_mapping(CLINIC=settings, STRATEGIES=strategies)
    error_answers.init_app(app)
    keeps_traces = providers is not None and providers.keeps_traces
    request_stats.init_app(app, settings.trace_url if keeps_traces else None)
    engine = db.init_app(app, settings.database_url, settings.db_latency_ms)
    flags.init_app(app, settings.flags_file, strategies)
    if providers is not None:
        instrument.init_app(app, engine, providers)
        statement_counts.init_app(app, engine, providers.meter_provider)
    security.init_app(app)
    formats.init_app(app)
    health.init_app(app)
    directory.init_app(app)
    stories.init_app(app)
    booking.init_app(app)
    api.init_app(app)
    document.init_app(app)
    return app


def close_app(app: Flask) -> None:
    """Undo what create_app did to the process, before another application is made in it."""
    flags.close_app(app)
    db.close_app(app)
    instrument.close_app(app)
