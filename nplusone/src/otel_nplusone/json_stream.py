"""Elements of JSON documents that are too large to hold, one by one.

A file holds one document or several one after another, on a line each or over many. One that is
short is decoded whole. A longer one is walked, and OTLP is cut at each span, as one resource may
have all of them:

    {"resourceSpans": [{"resource": {…}, "scopeSpans": [{"spans": [{…}, {…}, …
                        └─ decoded whole ──┘                        └── by the hundred

Both give the same elements: neither white space nor length decides what is read.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from otel_nplusone.errors import SourceError, UnknownFormatError
from otel_nplusone.json_text import BrokenError, Text, TooLongError
from otel_nplusone.looks import NOT_TRACES, look_of
from otel_nplusone.troubles import Warnings

OTLP_LISTS = ("resourceSpans", "resource_spans", "batches")
SCOPE_LISTS = (
    "scopeSpans",
    "scope_spans",
    "instrumentationLibrarySpans",
    "instrumentation_library_spans",
)
JAEGER, ZIPKIN = "data", "zipkin"
# What answers of APIs put around the lists: Jaeger's v3, Tempo's, Grafana's.
_WRAPPERS = ("result", "trace", "data")
# A text that is longer is not decoded whole: as Python's objects it takes ten times the memory.
LONGEST_WHOLE = 4 * 1024 * 1024
# Where the fast decoder is there, it makes objects of little more than what is wanted.
LONGEST_FAST = 32 * 1024 * 1024
_BATCH = 500
_NOT_JSON = "line that is no JSON"
_CUT_OFF = "document that is cut off or malformed, with all after it in that document"
_NO_TRACES = "line that holds no traces"


@dataclass(frozen=True, slots=True)
class Element:
    """A part of a document, what kind it is of, and where it stands.

    `name` is one of OTLP_LISTS (a ResourceSpans), JAEGER (a trace) or ZIPKIN (a list of spans).
    """

    name: str
    value: object
    place: str


# From a whole document to the names and values of its elements, or None if it is not known.
Fast = Callable[[str], list[tuple[str, object]] | None]


class _Refused:
    """What holds no traces: counted, and the first that is known by its look remembered."""

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

    def tell(self, warnings: Warnings) -> None:
        for what, place in self.places:
            warnings.add(what, place)
        self.places.clear()


def elements(
    stream: IO[bytes], path: str, warnings: Warnings, fast: Fast | None = None
) -> Iterator[Element]:
    """Read the documents of a stream; `fast` decodes whole ones that are as exporters write them.

    UnknownFormatError where no document holds traces and one is known by its look.
    """
    text = Text(stream, path, warnings)
    refused = _Refused()
    found = False
    is_first = True
    while text.next_document():
        place = text.place
        known: Iterable[Element] | None = None
        if fast:
            known = _fast_elements(text, place, fast, is_first=is_first)
        if known is None:
            known = _slow_elements(text, place, warnings, refused)
        try:
            for element in known:
                found = True
                yield element
        except RecursionError:  # nested too deep for anything that holds traces
            warnings.add(_NOT_JSON, place)
            text.skip_line()
        refused.tell(warnings)
        is_first = False
    if is_first:
        raise SourceError(f"{path}: the file is empty")
    if refused.count and not found:
        why = refused.look or f"no span could be read: {NOT_TRACES}"
        raise UnknownFormatError(f"{path}: {why}")


def of_document(document: object, place: str) -> Iterator[Element]:
    """Read a document that is parsed already; UnknownFormatError if it has no traces."""
    refused = _Refused()
    yield from _of(document, place, refused)
    if refused.count:
        raise UnknownFormatError(f"{place}: {refused.look or NOT_TRACES}")


def _fast_elements(text: Text, place: str, fast: Fast, *, is_first: bool) -> list[Element] | None:
    """A line, or else the whole of a file, if it is a document that the fast decoder knows."""
    for candidate in (text.line, text.rest) if is_first else (text.line,):
        whole = candidate(LONGEST_FAST)
        known = fast(whole) if whole else None
        if known is not None:
            text.advance(len(whole))
            return [Element(name, value, place) for name, value in known]
    return None


def _slow_elements(
    text: Text, place: str, warnings: Warnings, refused: _Refused
) -> Iterator[Element]:
    text.line(LONGEST_WHOLE)  # there in full, a document on one line is parsed once
    try:
        document = text.decode(LONGEST_WHOLE)
    except (BrokenError, TooLongError):
        yield from _walked(text, place, warnings, refused)
    else:
        yield from _of(document, place, refused)


def _of(document: object, place: str, refused: _Refused) -> Iterator[Element]:
    """The elements of a value, whatever of the known kinds it is."""
    if isinstance(document, list):
        yield from _of_items(((place, item) for item in document), refused)
        return
    if isinstance(document, dict) and not look_of(document):
        if known := list(_of_object(document, place, refused)):
            yield from known
            return
        if _is_answer(document):
            return
    refused.add(document, place)


def _of_object(document: dict[str, Any], place: str, refused: _Refused) -> Iterator[Element]:
    for name in _WRAPPERS:
        if isinstance(document.get(name), dict):
            yield from _of(document[name], place, refused)
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
    """Whether there is a list of the right name, if an empty one, or what a wrapper holds."""
    lists = (*OTLP_LISTS, JAEGER)
    return any(isinstance(document.get(name), list) for name in lists) or any(
        isinstance(document.get(name), dict) for name in _WRAPPERS
    )


def _of_spans(document: dict[str, Any], place: str) -> Element:
    """An object with `spans`: a trace of Jaeger's, or what OTLP has below a scope."""
    first = document["spans"][0] if document["spans"] else None
    if isinstance(first, dict) and ("spanId" in first or "span_id" in first):
        return Element(OTLP_LISTS[0], {"scopeSpans": [document]}, place)
    return Element(JAEGER, document, place)


def is_zipkin(item: object) -> bool:
    """Whether a value is a span of Zipkin's."""
    return isinstance(item, dict) and "traceId" in item and "id" in item and "spanId" not in item


def _of_items(items: Iterator[tuple[str, object]], refused: _Refused) -> Iterator[Element]:
    """The elements of a list; spans of Zipkin's stay together with those of their trace."""
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
            elif isinstance(item, Text):
                yield from _walk(item, place, refused, {})
            else:
                yield from _of(item, place, refused)
    except BrokenError:
        if run:
            yield Element(ZIPKIN, run, begins)
        raise
    if run:
        yield Element(ZIPKIN, run, begins)


def _trace_of(span: Any) -> object:
    return span["traceId"]


# --- documents that are walked ----------------------------------------------------------------


def _walked(text: Text, place: str, warnings: Warnings, refused: _Refused) -> Iterator[Element]:
    """The elements of a document up to where it breaks; then the text goes on behind it."""
    seen: dict[str, object] = {}
    found = False
    try:
        for element in _walk(text, place, refused, seen):
            found = True
            yield element
    except BrokenError:
        if found or any(name in seen for name in (*OTLP_LISTS, JAEGER, *_WRAPPERS)):
            warnings.add(_CUT_OFF, text.place)
        elif seen:
            refused.add(seen, place)
        else:
            warnings.add(_NOT_JSON, place)
        text.skip_line()


def _walk(text: Text, place: str, refused: _Refused, seen: dict[str, object]) -> Iterator[Element]:
    if text.peek() == "[":
        yield from _of_items(_walk_items(text), refused)
    else:
        yield from _walk_object(text, place, refused, seen)


def _walk_items(text: Text) -> Iterator[tuple[str, object]]:
    """The place and the value of each element, or the text itself if it is to be walked."""
    for _ in text.items():
        place = text.place
        try:
            item = text.decode(LONGEST_WHOLE)
        except (BrokenError, TooLongError):
            item = text
        yield place, item


def _walk_object(
    text: Text, place: str, refused: _Refused, seen: dict[str, object]
) -> Iterator[Element]:
    """`seen` takes the keys, and the values of those that hold no list of traces."""
    is_known = False
    for key in text.members():
        seen[key] = None
        begin = text.peek()
        if key in OTLP_LISTS and begin == "[":
            is_known = True
            yield from _walk_resources(text, key)
        elif key == JAEGER and begin == "[":
            is_known = True
            for _ in text.items():
                where = text.place
                yield from _of({JAEGER: [text.decode()]}, where, refused)
        elif key in _WRAPPERS and begin == "{":
            is_known = True
            yield from _walk_object(text, place, refused, {})
        else:
            seen[key] = text.decode()
    if not is_known:
        yield from _of(seen, place, refused)


def _walk_resources(text: Text, name: str) -> Iterator[Element]:
    for _ in text.items():
        place = text.place
        try:
            whole = text.decode(LONGEST_WHOLE)
        except (BrokenError, TooLongError):
            for part in _walk_resource(text):
                yield Element(name, part, place)
        else:
            yield Element(name, whole, place)


def _walk_resource(text: Text) -> Iterator[dict[str, object]]:
    """ResourceSpans of some hundred spans each; spans that stand before their resource wait."""
    resource: object = None
    waiting: list[object] | None = []
    try:
        for key in text.members():
            if key == "resource":
                resource = text.decode()
                yield from _of_resource(resource, waiting or ())
                waiting = None
            elif key in SCOPE_LISTS and text.peek() == "[":
                for scope in _walk_scopes(text):
                    if waiting is None:
                        yield from _of_resource(resource, [scope])
                    else:
                        waiting.append(scope)
            else:
                text.decode()
    except BrokenError:
        yield from _of_resource(resource, waiting or ())
        raise
    yield from _of_resource(resource, waiting or ())


def _of_resource(resource: object, scopes: Iterable[object]) -> Iterator[dict[str, object]]:
    return ({"resource": resource, SCOPE_LISTS[0]: [scope]} for scope in scopes)


def _walk_scopes(text: Text) -> Iterator[object]:
    for _ in text.items():
        if text.peek() != "{":
            yield text.decode()
            continue
        scope: dict[str, object] = {}
        for key in text.members():
            if key == "spans" and text.peek() == "[":
                yield from (scope | {"spans": spans} for spans in _batches(text))
            else:
                scope[key] = text.decode()


def _batches(text: Text) -> Iterator[list[object]]:
    """Lists of _BATCH spans; those before a broken one come before its error."""
    batch: list[object] = []
    try:
        for _ in text.items():
            batch.append(text.decode())
            if len(batch) == _BATCH:
                yield batch
                batch = []
    except BrokenError:
        yield batch
        raise
    yield batch
