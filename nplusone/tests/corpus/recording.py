"""Records what a real program sends: spans of the SDK → a file of OTLP JSON, one for each case."""

import base64
import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, Tracer

TRACES = Path(__file__).parent / "traces"
_IDS = ("traceId", "spanId", "parentSpanId")


class Recorder:
    """A tracer provider whose spans go into the file of the case that is being recorded."""

    def __init__(self, service: str) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider(resource=Resource({"service.name": service}))
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))

    @property
    def tracer(self) -> Tracer:
        """For the spans that the programs make themselves."""
        return self.provider.get_tracer("nplusone.corpus")

    @contextmanager
    def case(
        self, name: str, keep: Callable[[ReadableSpan], bool] = lambda span: True
    ) -> Iterator[None]:
        """Record the spans that end within the block, those that `keep` says."""
        self._exporter.clear()
        yield
        spans = [span for span in self._exporter.get_finished_spans() if keep(span)]
        write(name, spans)

    @contextmanager
    def request(self, name: str, route: str) -> Iterator[None]:
        """Record a request: a SERVER span around the block."""
        with self.case(name), self.server(route):
            yield

    @contextmanager
    def server(self, route: str) -> Iterator[None]:
        """A SERVER span as a framework's instrumentation makes it."""
        attributes = {"http.request.method": "GET", "http.route": route}
        with self.tracer.start_as_current_span(
            f"GET {route}", kind=SpanKind.SERVER, attributes=attributes
        ):
            yield

    @contextmanager
    def internal(self, name: str) -> Iterator[None]:
        """An INTERNAL span: a serializer, a resolver, a template."""
        with self.tracer.start_as_current_span(name):
            yield


def write(name: str, spans: list[ReadableSpan]) -> None:
    """Write spans as the Collector's file exporter does; the same spans give the same bytes."""
    document = MessageToDict(encode_spans(spans), use_integers_for_enums=True)
    text = json.dumps(_hex_ids(document), separators=(",", ":")) + "\n"
    (TRACES / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def _hex_ids(node: Any) -> Any:
    if isinstance(node, list):
        return [_hex_ids(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: base64.b64decode(value).hex() if key in _IDS else _hex_ids(value)
        for key, value in node.items()
    }
