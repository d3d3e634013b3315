"""Puts the application together: what each line brings stands in the module that it names.

A module of its own, and not the package: the commands that seed a database need no pages, no API,
no instrumentation, and begin in two thirds of the time.
"""

from flask import Flask
from flask_openapi3.openapi import OpenAPI

from clinic import body_limit, db, errors, security
from clinic.api import document as api_docs
from clinic.api import views as api
from clinic.booking import pages as booking_views
from clinic.flags import evaluation as flags
from clinic.pages import directory as views
from clinic.pages import health
from clinic.settings import Settings
from clinic.telemetry import instrument, request_stats, statement_counts
from clinic.telemetry import providers as telemetry
from clinic.telemetry.providers import Telemetry


def create_app(settings: Settings | None = None, providers: Telemetry | None = None) -> Flask:
    """Make the application; without arguments from the environment, as gunicorn does.

    Raises SettingsError for an unusable setting, TelemetryError if SQL would leave no span.
    """
    if settings is None:
        settings = Settings.from_env()
        providers = telemetry.from_env()
    app = OpenAPI("clinic", **api_docs.OPTIONS)
    app.config.from_mapping(CLINIC=settings)
    errors.init_app(app)
    request_stats.init_app(app, keeps_traces=providers is not None and providers.keeps_traces)
    engine = db.init_app(app, settings.database_url)
    flags.init_app(app, settings.flags_file)
    if providers is not None:
        instrument.init_app(app, engine, providers)
        statement_counts.init_app(engine, providers.meter_provider)
    security.init_app(app)
    body_limit.init_app(app)
    health.init_app(app)
    views.init_app(app)
    booking_views.init_app(app)
    api.init_app(app)
    api_docs.init_app(app)
    return app


def close_app(app: Flask) -> None:
    """Undo what create_app did to the process, for whoever makes more than one application."""
    flags.close_app(app)
    db.close_app(app)
    instrument.close_app(app)
