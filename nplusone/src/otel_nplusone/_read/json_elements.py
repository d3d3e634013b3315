"""Tell what a JSON value holds: resources of OTLP, traces of Jaeger's or spans of Zipkin's."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from otel_nplusone._read.json_text import BrokenError
from otel_nplusone._read.looks import look_of
from otel_nplusone._read.skipped import Skipped

OTLP_LISTS = ("resourceSpans", "resource_spans", "batches")
SCOPE_LISTS = (
    "scopeSpans",
    "scope_spans",
    "instrumentationLibrarySpans",
    "instrumentation_library_spans",
)
JAEGER, ZIPKIN = "data", "zipkin"
# What answers of APIs put around the lists: Jaeger's v3, Tempo's, Grafana's.
WRAPPERS = ("result", "trace", "data")
_NO_TRACES = "line that holds no traces"


@dataclass(frozen=True, slots=True)
class Element:
    """Hold a part of a document, what kind it is of, and where it stands.

    `name` is one of OTLP_LISTS (a ResourceSpans), JAEGER (a trace) or ZIPKIN (a list of spans).
    """

    name: str
    value: object
    place: str


class Refused:
    """Count what holds no traces, and remember the first that is known by its look."""

    def __init__(self) -> None:
        self.look = ""
        self.count = 0
        self.places: list[tuple[str, str]] = []

    def add(self, document: object, place: str) -> None:
        look = look_of(document)
        self.look = self.look or look
        self.count += 1
        self.places.append(
            (f"{_NO_TRACES} but {look.partition(':')[0]}" if look else _NO_TRACES, place)
        )

    def tell(self, warnings: Skipped) -> None:
        for what, place in self.places:
            warnings.add(what, place)
        self.places.clear()


def of_value(document: object, place: str, refused: Refused) -> Iterator[Element]:
    """Read the elements of a value, whatever of the known kinds it is."""
    if isinstance(document, list):
        yield from of_items(((place, item) for item in document), refused)
        return
    if isinstance(document, dict) and (_has_resources(document) or not look_of(document)):
        if known := list(_of_object(document, place, refused)):
            yield from known
            return
        if _is_answer(document):
            return
    refused.add(document, place)


def _has_resources(document: dict[str, Any]) -> bool:
    return any(isinstance(document.get(name), list) for name in OTLP_LISTS)


def _of_object(document: dict[str, Any], place: str, refused: Refused) -> Iterator[Element]:
    for name in WRAPPERS:
        # An empty one is an answer in which protobuf left the empty list out.
        if isinstance(document.get(name), dict) and document[name]:
            yield from of_value(document[name], place, refused)
    for name in (*OTLP_LISTS, JAEGER):
        found = document.get(name)
        if isinstance(found, list):
            yield from (Element(name, element, place) for element in found)
    if any(isinstance(document.get(name), list) for name in SCOPE_LISTS):
        yield Element(OTLP_LISTS[0], document, place)
    elif isinstance(document.get("spans"), list):
        yield _of_spans(document, place)
    elif is_zipkin(document):
        yield Element(ZIPKIN, [document], place)
    elif "spanID" in document and "traceID" in document:  # as Jaeger keeps it in Elasticsearch
        yield Element(JAEGER, {"spans": [document]}, place)
    elif "spanId" in document and "traceId" in document:
        yield Element(OTLP_LISTS[0], {"scopeSpans": [{"spans": [document]}]}, place)


def _is_answer(document: dict[str, Any]) -> bool:
    """Say whether there is a list of the right name, even an empty one, or a wrapper."""
    lists = (*OTLP_LISTS, JAEGER)
    return any(isinstance(document.get(name), list) for name in lists) or any(
        isinstance(document.get(name), dict) for name in WRAPPERS
    )


def _of_spans(document: dict[str, Any], place: str) -> Element:
    """Read an object with `spans`: a trace of Jaeger's, or what OTLP has below a scope."""
    first = document["spans"][0] if document["spans"] else None
    if isinstance(first, dict) and ("spanId" in first or "span_id" in first):
        return Element(OTLP_LISTS[0], {"scopeSpans": [document]}, place)
    return Element(JAEGER, document, place)


def is_zipkin(item: object) -> bool:
    """Say whether a value is a span of Zipkin's."""
    return isinstance(item, dict) and "traceId" in item and "id" in item and "spanId" not in item


def of_items(items: Iterator[tuple[str, object]], refused: Refused) -> Iterator[Element]:
    """Read the elements of a list; spans of Zipkin's stay together with those of their trace.

    An item that is too long to be decoded is an iterator of its elements.
    """
    run: list[Any] = []
    begins = ""
    try:
        for place, item in items:
            is_span = is_zipkin(item) and not look_of(item)
            if run and not (is_span and _trace_of(run[-1]) == _trace_of(item)):
                yield Element(ZIPKIN, run, begins)
                run = []
            if is_span:
                begins = begins if run else place
                run.append(item)
            elif isinstance(item, Iterator):
                yield from item
            else:
                yield from of_value(item, place, refused)
    except BrokenError:
        if run:
            yield Element(ZIPKIN, run, begins)
        raise
    if run:
        yield Element(ZIPKIN, run, begins)


def _trace_of(span: Any) -> object:
    return span["traceId"]
