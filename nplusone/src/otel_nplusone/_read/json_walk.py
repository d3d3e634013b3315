"""Walk a document that is too long to be decoded whole, or that is cut off.

OTLP is cut at each span, as one resource may have all of them:

    {"resourceSpans": [{"resource": {…}, "scopeSpans": [{"spans": [{…}, {…}, …
                        └─ decoded whole ──┘                        └── by the hundred
"""

from collections.abc import Iterable, Iterator

from otel_nplusone._read.json_elements import (
    JAEGER,
    OTLP_LISTS,
    SCOPE_LISTS,
    WRAPPERS,
    Element,
    Refused,
    of_items,
    of_value,
)
from otel_nplusone._read.json_text import BrokenError, Text, TooLongError
from otel_nplusone._read.skipped import Skipped

# A text that is longer is not decoded whole: as Python's objects it takes ten times the memory.
LONGEST_WHOLE = 4 * 1024 * 1024
NOT_JSON = "line that is not JSON"
_BATCH = 500
_CUT_OFF = "document that is cut off or malformed, with all after it in that document"


def walked(text: Text, place: str, warnings: Skipped, refused: Refused) -> Iterator[Element]:
    """Read the elements of a document up to where it breaks, and go behind it."""
    seen: dict[str, object] = {}
    found = False
    try:
        for element in _walk(text, place, refused, seen):
            found = True
            yield element
    except BrokenError:
        if found or any(name in seen for name in (*OTLP_LISTS, JAEGER, *WRAPPERS)):
            warnings.add(_CUT_OFF, text.place)
        elif seen:
            refused.add(seen, place)
        else:
            warnings.add(NOT_JSON, place)
        text.skip_line()


def _walk(text: Text, place: str, refused: Refused, seen: dict[str, object]) -> Iterator[Element]:
    if text.peek() == "[":
        yield from of_items(_walk_items(text, refused), refused)
    else:
        yield from _walk_object(text, place, refused, seen)


def _walk_items(text: Text, refused: Refused) -> Iterator[tuple[str, object]]:
    """Yield the place and the value of each element, or the text itself if it is to be walked."""
    for _ in text.items():
        place = text.place
        try:
            item: object = text.decode(LONGEST_WHOLE)
        except (BrokenError, TooLongError):
            item = _walk(text, place, refused, {})
        yield place, item


def _walk_object(
    text: Text, place: str, refused: Refused, seen: dict[str, object]
) -> Iterator[Element]:
    """Walk an object; `seen` takes its keys, and the values of those without a list of traces."""
    is_known = False
    for key in text.members():
        seen[key] = None
        begin = text.peek()
        if key in OTLP_LISTS and begin == "[":
            is_known = True
            yield from _walk_resources(text, key)
        elif key == JAEGER and begin == "[":
            seen[key] = []
            for _ in text.items():
                is_known = True
                where = text.place
                yield from of_value({JAEGER: [text.decode()]}, where, refused)
        elif key in WRAPPERS and begin == "{":
            is_known = True
            yield from _walk_object(text, place, refused, {})
        else:
            seen[key] = text.decode()
    if not is_known:
        yield from of_value(seen, place, refused)


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
    """Yield some hundred spans at a time; those that stand before their resource wait."""
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
                value = text.decode()
                if key in SCOPE_LISTS:  # not a list, which whoever reads it tells
                    yield {key: value}
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
        if "spans" in scope:  # not a list either
            yield scope


def _batches(text: Text) -> Iterator[list[object]]:
    """Yield lists of _BATCH spans; those before a broken one come before its error."""
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
