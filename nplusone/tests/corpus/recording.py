"""Record what a real program sends: a file of OTLP JSON for each case."""

import base64
import gzip
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, Tracer

TRACES = Path(__file__).parent / "traces"
_IDS = ("traceId", "spanId", "parentSpanId")
_RESOURCE = (
    "service.name",
    "telemetry.sdk.name",
    "telemetry.sdk.language",
    "telemetry.sdk.version",
)

# Where Cargo keeps the crates on a machine, in a folder with the registry's name.
_CRATES = re.compile(r"\S*/registry/src/[^/\s]+/")
_CRATES_SHOWN = "/cargo/registry/src/"
# Where programs of other languages are built.
_BUILT = re.compile(r"\S*/var/corpus/\w+/")
_BUILT_SHOWN = "/srv/app/"


class Recorder:
    """Write a provider's spans into the file of the case that is being recorded."""

    def __init__(self, service: str) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = self.provider_of(service)

    def provider_of(self, service: str) -> TracerProvider:
        """Return a provider of another service, whose spans go into the same file."""
        provider = TracerProvider(resource=Resource({"service.name": service}))
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        return provider

    @property
    def tracer(self) -> Tracer:
        """Return a tracer for the spans that the programs make themselves."""
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
        """Open a SERVER span as a framework's instrumentation makes it."""
        attributes = {"http.request.method": "GET", "http.route": route}
        with self.tracer.start_as_current_span(
            f"GET {route}", kind=SpanKind.SERVER, attributes=attributes
        ):
            yield

    @contextmanager
    def internal(self, name: str) -> Iterator[None]:
        """Open an INTERNAL span: a serializer, a resolver, a template."""
        with self.tracer.start_as_current_span(name):
            yield


def write(name: str, spans: list[ReadableSpan]) -> None:
    """Write spans as the Collector's file exporter does; the same spans give the same bytes."""
    write_document(name, encode_spans(spans))


def write_document(name: str, request: ExportTraceServiceRequest) -> None:
    """Write an export, without what tells of the machine: resources, paths, exceptions' stacks."""
    for resource in request.resource_spans:
        _keep(resource.resource.attributes, lambda key: key in _RESOURCE)
        for scope in resource.scope_spans:
            for span in scope.spans:
                for attributes in (span.attributes, *(event.attributes for event in span.events)):
                    _without_the_machine(attributes)
                for event in span.events:
                    event.name = _elsewhere(event.name)
                    _keep(event.attributes, lambda key: key != "exception.stacktrace")
    document = MessageToDict(request, use_integers_for_enums=True)
    text = json.dumps(_hex_ids(document), separators=(",", ":")) + "\n"
    (TRACES / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def _elsewhere(text: str) -> str:
    """Return a text with paths that any machine could have."""
    return _BUILT.sub(_BUILT_SHOWN, _CRATES.sub(_CRATES_SHOWN, text))


def _without_the_machine(attributes: Any) -> None:
    for attribute in attributes:
        text = attribute.value.string_value
        if (told := _elsewhere(text)) != text:
            attribute.value.string_value = told


def _keep(attributes: Any, wanted: Callable[[str], bool]) -> None:
    """Leave the wanted attributes of a protobuf message."""
    kept = [attribute for attribute in attributes if wanted(attribute.key)]
    del attributes[:]
    attributes.extend(kept)


def _hex_ids(node: Any) -> Any:
    if isinstance(node, list):
        return [_hex_ids(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: base64.b64decode(value).hex() if key in _IDS else _hex_ids(value)
        for key, value in node.items()
    }
