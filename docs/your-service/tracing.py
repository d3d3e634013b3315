"""Set tracing up: the part that is the same for Flask, FastAPI and Django."""

import atexit

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from otel_nplusone.live import NPlusOneSpanProcessor


def start() -> TracerProvider:
    """Return a provider that judges each request and exports its spans in batches.

    Where to and as whom is said by the environment: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME.
    """
    provider = TracerProvider()
    provider.add_span_processor(NPlusOneSpanProcessor(BatchSpanProcessor(OTLPSpanExporter())))
    atexit.register(provider.shutdown)  # the last batch is sent before a worker ends
    return provider
