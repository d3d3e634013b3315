"""Read spans from files and from standard input, in whatever format they are.

The format is told by what a file holds, never by its name. gzip, zstd and UTF-16 may be around it.
"""

import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from otel_nplusone._core.model import Span
from otel_nplusone._read import jaeger_json, otlp, otlp_protobuf
from otel_nplusone._read.json_elements import JAEGER, ZIPKIN, Element
from otel_nplusone._read.json_stream import Fast, elements
from otel_nplusone._read.looks import look_of_bytes, look_of_message, look_of_page, look_of_protobuf
from otel_nplusone._read.protobuf_stream import RESOURCE_SPANS_TAG as TAG
from otel_nplusone._read.protobuf_stream import chunks, delimited, is_delimited, is_records, records
from otel_nplusone._read.skipped import Skipped
from otel_nplusone._read.unpack import BUFFER_BYTES, buffered, peek, unpacked
from otel_nplusone._read.zipkin_json import from_zipkin
from otel_nplusone.errors import MissingExtraError, SourceError, UnknownFormatError

STDIN = "-"
PROTOBUF = "protobuf"
_REST = "rest of a file that cannot be read"
_OF_JSON = (dict, list, str, int, float, type(None))
_KNOWN = "OTLP JSON, OTLP protobuf or Jaeger JSON, nor Zipkin JSON"


def read_file(path: str, warnings: Skipped) -> Iterator[Span]:
    """Read the spans of a file, or of standard input for `-`.

    SourceError where there is no such file, none of the known formats in it, or not a single span
    that can be read.
    """
    try:
        stream = _open(path)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {_reason(error)}") from error
    with stream:
        yield from all_of(
            parts(stream, path, warnings, _fast()),
            lambda part: _spans(part, warnings),
            path,
            warnings,
        )


def all_of(
    found: Iterable[Element],
    read: Callable[[Element], Iterator[Any]],
    path: str,
    warnings: Skipped,
) -> Iterator[Any]:
    """Yield what `read` makes of each part; SourceError where that is nothing, for some trouble."""
    count, before = 0, len(warnings)
    try:
        for part in found:
            for one in read(part):
                count += 1
                yield one
    except OSError as error:
        if not count:
            raise SourceError(f"{path}: cannot be read: {_reason(error)}") from error
        warnings.add(f"{_REST} ({_reason(error)})", path)
    if not count and len(warnings) > before:
        raise SourceError(f"{path}: no span could be read: {'; '.join(warnings.lines())}")


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _open(path: str) -> IO[bytes]:
    if path == STDIN:
        return os.fdopen(os.dup(sys.stdin.fileno()), "rb", buffering=BUFFER_BYTES)
    return Path(path).open("rb", buffering=BUFFER_BYTES)


def _fast() -> Fast | None:
    try:
        from otel_nplusone._read.json_fast import elements as fast
    except ImportError:
        return None
    return fast


def parts(
    stream: IO[bytes],
    path: str,
    warnings: Skipped,
    fast: Fast | None = None,
    most_bytes: int | None = None,
) -> Iterator[Element]:
    """Read the elements of a stream of any format: those of JSON, and PROTOBUF, one ResourceSpans.

    What is compressed is read up to `most_bytes`. UnknownFormatError says what the stream looks
    like if it holds no traces.
    """
    troubles: list[str] = []
    try:
        plain = unpacked(stream, path, troubles, most_bytes)
        if troubles and not peek(plain):
            raise SourceError(f"{path}: cannot be read: {troubles.pop()}")
        yield from _of_plain(plain, path, warnings, fast, most_bytes)
    finally:
        for trouble in troubles:
            warnings.add(f"{_REST} ({trouble})", path)


def _of_plain(
    stream: IO[bytes], path: str, warnings: Skipped, fast: Fast | None, most_bytes: int | None
) -> Iterator[Element]:
    head = peek(stream)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\x1e")
    if not text or text[:1] in (b"{", b"["):  # more than the first bytes may be white space
        yield from elements(stream, path, warnings, fast)
    elif is_records(head):
        for record, place, is_whole in records(stream, path, warnings):
            inner = buffered(io.BytesIO(record))
            known = warnings if is_whole else Skipped()
            yield from parts(inner, place, known, fast, most_bytes)
    elif head[:1] == bytes([TAG]) and not look_of_protobuf(head) and not look_of_page(head):
        yield from _protobuf(chunks(stream, path, warnings), path)
    elif is_delimited(head):
        yield from _protobuf(delimited(stream, path, warnings), path)
    else:
        look = look_of_bytes(head) or look_of_protobuf(head)
        begins = f"it begins with {head[:16]!r}"
        raise UnknownFormatError(
            f"{path}: {look} ({begins})" if look else f"{path}: not {_KNOWN} ({begins})"
        )


def _protobuf(found: Iterable[tuple[bytes, str]], path: str) -> Iterator[Element]:
    is_first = True
    for chunk, place in found:
        if is_first and (look := _look_of_first(chunk, path)):
            raise UnknownFormatError(f"{path}: {look}")
        is_first = False
        yield Element(PROTOBUF, chunk, place)


def _look_of_first(chunk: bytes, path: str) -> str:
    try:
        from google.protobuf.message import DecodeError
    except ImportError as error:
        raise MissingExtraError(f"{path}: OTLP protobuf", "protobuf") from error
    try:
        return look_of_message(otlp_protobuf.message_of(chunk))
    except DecodeError:
        return ""


def _spans(part: Element, warnings: Skipped) -> Iterator[Span]:
    value: Any = part.value
    if part.name == PROTOBUF:
        return _of_message(value, part.place, warnings)
    if part.name == ZIPKIN:
        return from_zipkin(value, part.place, warnings)
    if not isinstance(value, _OF_JSON):
        from otel_nplusone._read import fast_spans

        fast = fast_spans.from_jaeger if part.name == JAEGER else fast_spans.from_otlp
        return fast(value, part.place, warnings)
    read = jaeger_json.from_jaeger if part.name == JAEGER else otlp.from_json
    return read(value, part.place, warnings)


def _of_message(raw: bytes, place: str, warnings: Skipped) -> Iterator[Span]:
    from google.protobuf.message import DecodeError

    try:
        message = otlp_protobuf.message_of(raw)
    except DecodeError:
        warnings.add("message that is not ResourceSpans", place)
        return iter(())
    return otlp_protobuf.from_message(message, place, warnings)
