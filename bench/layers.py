"""Make a clinic that is observed up to some layer, for gunicorn: `bench.layers:clinic('queue')`.

off            no telemetry
spans          the instrumentations of Flask and SQLAlchemy make spans, which nobody takes
queue          … and a batch processor takes them, and throws them away
sdk            … or the SDK's OTLP exporter sends them: what OpenTelemetry alone costs
exporter       … or the clinic's exporter does
processor      … and NPlusOneSpanProcessor counts them
description    … and otel_nplusone.sqlalchemy describes them
all            the clinic as it is: its own counts and metrics besides
"""

import atexit
import os
from collections.abc import Sequence

from flask import Flask
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from clinic.app import create_app
from clinic.db import EXTENSION
from clinic.settings import Settings
from clinic.telemetry import export
from otel_nplusone.live import NPlusOneSpanProcessor
from otel_nplusone.sqlalchemy import instrument

OFF, SPANS, QUEUE, SDK = "off", "spans", "queue", "sdk"
EXPORTER, PROCESSOR, DESCRIPTION, ALL = "exporter", "processor", "description", "all"
LAYERS = (OFF, SPANS, QUEUE, SDK, EXPORTER, PROCESSOR, DESCRIPTION, ALL)


class _Nowhere(SpanExporter):
    """Take batches, and throw them away."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return SpanExportResult.SUCCESS


def clinic(layer: str) -> Flask:
    """Make the application with this layer and those below it."""
    if layer == ALL:
        return create_app()
    app = create_app(Settings.from_env())
    if layer != OFF:
        _observe(app, layer)
    return app


def _observe(app: Flask, layer: str) -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    if (processor := _processor(layer)) is not None:
        provider.add_span_processor(processor)
    atexit.register(provider.shutdown)
    engine = app.extensions[EXTENSION]
    FlaskInstrumentor().instrument_app(  # type: ignore[no-untyped-call]  # it is untyped
        app, tracer_provider=provider, meter_provider=NoOpMeterProvider(), enable_commenter=False
    )
    SQLAlchemyInstrumentor().instrument(
        engine=engine,
        tracer_provider=provider,
        meter_provider=NoOpMeterProvider(),
        skip_dep_check=True,
    )
    if layer == DESCRIPTION:
        instrument(engine)


def _processor(layer: str) -> SpanProcessor | None:
    meters = MeterProvider(shutdown_on_exit=False)
    if layer == SPANS:
        return None
    if layer == QUEUE:
        return BatchSpanProcessor(_Nowhere())
    if layer == SDK:
        return BatchSpanProcessor(OTLPSpanExporter())
    batches = export.batches(export.span_exporters(os.environ), meters)
    if layer == EXPORTER:
        return batches
    return NPlusOneSpanProcessor(batches, meter_provider=meters)
