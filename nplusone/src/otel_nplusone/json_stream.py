"""Elements of a JSON document that is too large to hold, one by one.

Lines are read as lines. A document that spans lines, or one line of a gigabyte, is cut: Jaeger's
at the traces of its list `data`, OTLP at each span, as one resource may have all of them:

    {"resourceSpans": [{"resource": {…}, "scopeSpans": [{"spans": [{…}, {…}, …
                        └─ decoded whole ──┘                        └── one by one

So a resource has to stand before its spans, where every exporter writes it.
"""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from otel_nplusone.errors import SourceError, UnknownFormatError
from otel_nplusone.troubles import Warnings

LISTS = ("resourceSpans", "resource_spans", "data")
_JAEGER_LIST = "data"
# A line that is longer is read piece by piece, whatever stands in it.
LONGEST_LINE_BYTES = 16 * 1024 * 1024
_PIECE_BYTES = 1024 * 1024
_BATCH = 500
_DECODER = json.JSONDecoder()
_LIST_START = re.compile(rf'(?<!\\)"({"|".join(LISTS)})"\s*:\s*\[')
_RESOURCE_OR_SPANS = re.compile(r'(?<!\\)"(resource(?="\s*:\s*\{)|spans(?="\s*:\s*\[))"\s*:\s*\[?')
_LONGEST_MATCH = 256  # with the white space in it
_SEPARATOR = re.compile(r"[\s,]*")
_REPLACED = "\ufffd"
_NOT_JSON = "line that is no JSON"
_NOT_UTF8 = "piece of invalid UTF-8, which was replaced"


@dataclass(frozen=True, slots=True)
class Element:
    """One element of the outer list called `name`, and where it stands."""

    name: str
    value: object
    place: str


def elements(stream: IO[bytes], path: str, warnings: Warnings) -> Iterator[Element]:
    """Read a document, or a document on each line."""
    first = stream.readline(LONGEST_LINE_BYTES)
    while first and not first.strip():
        first = stream.readline(LONGEST_LINE_BYTES)
    first = first.removeprefix(b"\xef\xbb\xbf")
    if _is_document(first):
        yield from _lines(first, stream, path, warnings)
    else:
        yield from _pieces(first, stream, path, warnings)


def of_document(document: object, place: str) -> Iterator[Element]:
    """The elements of a document that is parsed already; UnknownFormatError if it has none."""
    if isinstance(document, dict) and isinstance(document.get("result"), dict):
        document = document["result"]
    if isinstance(document, dict):
        for name in LISTS:
            found = document.get(name)
            if isinstance(found, list):
                yield from (Element(name, element, place) for element in found)
                return
        if isinstance(document.get("spans"), list):
            yield Element("data", document, place)
            return
    raise UnknownFormatError(
        f"{place}: JSON, but neither OTLP (resourceSpans) nor Jaeger's (data): give it traces"
    )


def _is_document(line: bytes) -> bool:
    try:
        json.loads(line.decode(errors="replace"))
    except (ValueError, RecursionError):
        return False
    return True


def _lines(first: bytes, stream: IO[bytes], path: str, warnings: Warnings) -> Iterator[Element]:
    number, line = 1, first
    while line:
        if line.strip():
            yield from _line(line, f"{path}:{number}", warnings)
        line = stream.readline(LONGEST_LINE_BYTES * 16)
        number += 1


def _line(line: bytes, place: str, warnings: Warnings) -> Iterator[Element]:
    try:
        document = json.loads(line)
    except UnicodeDecodeError:
        warnings.add(_NOT_UTF8, place)
        yield from _line(line.decode(errors="replace").encode(), place, warnings)
        return
    except (ValueError, RecursionError):
        warnings.add(_NOT_JSON, place)
        return
    try:
        yield from of_document(document, place)
    except UnknownFormatError:
        warnings.add("line that holds no traces", place)


def _pieces(first: bytes, stream: IO[bytes], path: str, warnings: Warnings) -> Iterator[Element]:
    """Cut the outer lists into elements; what follows a broken one cannot be read."""
    text = _Text(first, stream, path, warnings)
    lists = found = 0
    try:
        while name := text.find(_LIST_START):
            lists += 1
            for element in text.items() if name == _JAEGER_LIST else _batches(text):
                yield Element(name, element, f"{path}, {name}[{found}]")
                found += 1
    except _BrokenError as error:
        if not found:
            raise SourceError(f"{path}: cut off or malformed, and nothing before it") from error
        warnings.add("piece that is cut off or malformed, with all after it", path)
    if not lists:
        raise UnknownFormatError(
            f"{path}: neither OTLP JSON (resourceSpans) nor Jaeger's (data): give it traces"
        )


def _batches(text: "_Text") -> Iterator[object]:
    """Elements of resourceSpans that hold some hundred spans each, of one resource."""
    if not text.skip_to_element():
        return
    resource: object = None
    known = False
    while key := text.find(_RESOURCE_OR_SPANS):
        known = True
        if key == "resource":
            resource = text.decode()
        else:
            for spans in _in_batches(text.items()):
                yield {"resource": resource, "scopeSpans": [{"spans": spans}]}
    if not known:
        raise _BrokenError


def _in_batches(spans: Iterator[object]) -> Iterator[list[object]]:
    """Lists of _BATCH spans; those before a broken one come before its error."""
    batch: list[object] = []
    try:
        for span in spans:
            batch.append(span)
            if len(batch) == _BATCH:
                yield batch
                batch = []
    except _BrokenError:
        yield batch
        raise
    yield batch


class _BrokenError(Exception):
    """A piece ends before it is whole, or is no JSON."""


class _Text:
    """The part of a stream that is not used up yet, decoded."""

    def __init__(self, first: bytes, stream: IO[bytes], path: str, warnings: Warnings) -> None:
        self._stream = stream
        self._path = path
        self._warnings = warnings
        # It keeps the bytes of a character that a piece ends in the middle of.
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._text = self._decoded(first)
        self._at = 0

    def _decoded(self, piece: bytes) -> str:
        text = self._decoder.decode(piece)
        if _REPLACED in text:
            self._warnings.add(_NOT_UTF8, self._path)
        return text

    def _more(self, size: int = _PIECE_BYTES) -> bool:
        piece = self._stream.read(size)
        self._text = self._text[self._at :] + self._decoded(piece)
        self._at = 0
        return bool(piece)

    def find(self, what: re.Pattern[str]) -> str | None:
        """Go behind the next match; its key, or None if there is none any more."""
        while True:
            found = what.search(self._text, self._at)
            if found:
                self._at = found.end()
                return found[1]
            self._at = max(self._at, len(self._text) - _LONGEST_MATCH)
            if not self._more():
                return None

    def items(self) -> Iterator[object]:
        """The elements of the list that begins here."""
        while self.skip_to_element():
            yield self.decode()

    def skip_to_element(self) -> bool:
        """Go to the next element; False at the end of the list."""
        while True:
            found = _SEPARATOR.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text):
                return self._text[self._at] != "]"
            if not self._more():
                raise _BrokenError

    def decode(self) -> object:
        """The value here, read on until it is whole; _BrokenError if it never is."""
        size = _PIECE_BYTES
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                if not self._more(size):
                    raise _BrokenError from error
                size *= 2
            else:
                self._at = end
                return value
