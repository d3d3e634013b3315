"""Elements of a JSON document that is too large to hold, one by one.

Lines are read as lines. A document that spans lines, or one line of a gigabyte, is cut at the
elements of its outer list (`resourceSpans`, or Jaeger's `data`); only one element is held at once.
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
# A line that is longer is read piece by piece, whatever stands in it.
LONGEST_LINE_BYTES = 16 * 1024 * 1024
_PIECE_BYTES = 1024 * 1024
_LIST_START = re.compile(rf'"({"|".join(LISTS)})"\s*:\s*\[')
_LONGEST_LIST_START = 256  # with the white space in it
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
    """Cut the outer lists into their elements; what follows a broken element cannot be read."""
    text = _Text(first, stream, path, warnings)
    decoder = json.JSONDecoder()
    lists = number = 0
    while name := text.find_list():
        lists += 1
        while text.skip_to_element():
            place = f"{path}, {name}[{number}]"
            found = text.decode(decoder)
            if found is None:
                if not number:
                    raise SourceError(f"{place}: cut off or malformed, and nothing before it")
                warnings.add("element that is cut off or malformed, with all after it", place)
                return
            number += 1
            yield Element(name, found[0], place)
    if not lists:
        raise UnknownFormatError(
            f"{path}: neither OTLP JSON (resourceSpans) nor Jaeger's (data): give it traces"
        )


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

    def find_list(self) -> str | None:
        """Go to the first element of the next outer list; its name, or None if there is none."""
        while True:
            found = _LIST_START.search(self._text, self._at)
            if found:
                self._at = found.end()
                return found[1]
            self._at = max(self._at, len(self._text) - _LONGEST_LIST_START)
            if not self._more():
                return None

    def skip_to_element(self) -> bool:
        """Go to the next element; False at the end of the list."""
        while True:
            found = _SEPARATOR.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text):
                return self._text[self._at] != "]"
            if not self._more():
                return False

    def decode(self, decoder: json.JSONDecoder) -> tuple[object] | None:
        """The element here, read on until it is whole; None if it never is."""
        size = _PIECE_BYTES
        while True:
            try:
                value, self._at = decoder.raw_decode(self._text, self._at)
            except (ValueError, RecursionError):
                if not self._more(size):
                    return None
                size *= 2
            else:
                return (value,)
