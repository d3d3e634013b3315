"""Send spans by the SDK's OTLP/HTTP exporter, in bytes that are assembled (otlp_bytes.py).

Everything else is the SDK's: address, headers, certificates, compression, deadlines, retries. Its
exporter has no place to hand it bytes in, other than the client that it sends them by. Where a
version of the SDK has no such client, or encodes spans in another way, its own exporter is used.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind

from clinic.telemetry.otlp_bytes import SpanEncoder

log = logging.getLogger(__name__)

# The SDK's exporter refuses to send more than 64 MiB at once, and says so.
MOST_BYTES = 2**26


class AssemblingExporter(OTLPSpanExporter):
    """Assemble what the SDK's exporter would encode; leave to it whatever is not that simple."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._encoder = SpanEncoder()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch; the SDK's exporter says what is wrong with one that cannot be sent."""
        try:
            body = b"" if self._shutdown else self._encoder.encode(spans)
        except Exception:
            body = b""
        if not 0 < len(body) <= MOST_BYTES:
            return super().export(spans)
        sent = self._client.export(body)
        return SpanExportResult.SUCCESS if sent.success else SpanExportResult.FAILURE


def assembling(exporter: type[SpanExporter]) -> Callable[..., SpanExporter] | None:
    """Return what makes an exporter that assembles; None for any exporter that is not OTLP/HTTP."""
    return _make if exporter is OTLPSpanExporter else None


def _make(**kwargs: Any) -> SpanExporter:
    exporter = AssemblingExporter(**kwargs)
    if has_client(exporter) and encodes_alike():
        return exporter
    log.warning("telemetry: this SDK's exporter is another than known; spans are encoded by it")
    exporter.shutdown()  # type: ignore[no-untyped-call]  # it is untyped
    return OTLPSpanExporter(**kwargs)


def has_client(exporter: SpanExporter) -> bool:
    """Tell whether an exporter has what bytes are handed to, and tells when it is shut down."""
    client = getattr(exporter, "_client", None)
    return callable(getattr(client, "export", None)) and hasattr(exporter, "_shutdown")


def encodes_alike(encode: Callable[[Sequence[ReadableSpan]], Any] = encode_spans) -> bool:
    """Tell whether the SDK encodes a span of ours to the bytes that are assembled.

    encode: the SDK's encoder, or another one.
    """
    resource = Resource({"service.name": "cat-clinic"}, "https://opentelemetry.io/schemas/1.30.0")
    scope = InstrumentationScope("scope", "1", "https://opentelemetry.io/schemas/1.30.0")
    span = ReadableSpan(
        "SELECT cat",
        SpanContext(1, 2, is_remote=False),
        SpanContext(1, 3, is_remote=True),
        resource,
        {"db.query.text": "SELECT 1", "server.port": 5432, "nplusone.detected": True},
        kind=SpanKind.CLIENT,
        instrumentation_scope=scope,
        start_time=1,
        end_time=2,
    )
    try:
        return bool(SpanEncoder().encode([span]) == encode([span]).SerializeToString())
    except Exception:
        return False
