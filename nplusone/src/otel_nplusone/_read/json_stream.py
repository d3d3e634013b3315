"""Read the elements of JSON documents that are too large to hold, one by one.

A file holds one document or several one after another, on a line each or over many. One that is
short is decoded whole, a longer one is walked. Both give the same elements: neither white space nor
length decides what is read.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import IO

from otel_nplusone._read import json_walk
from otel_nplusone._read.json_elements import Element, Refused, of_value
from otel_nplusone._read.json_text import BrokenError, Text, TooLongError
from otel_nplusone._read.looks import NOT_TRACES
from otel_nplusone._read.skipped import Skipped
from otel_nplusone.errors import SourceError, UnknownFormatError

# Where the fast decoder is there, it makes objects of little more than what is wanted.
LONGEST_FAST = 32 * 1024 * 1024

# From a whole document to the names and values of its elements, or None if it is not known.
Fast = Callable[[str], list[tuple[str, object]] | None]


def elements(
    stream: IO[bytes], path: str, warnings: Skipped, fast: Fast | None = None
) -> Iterator[Element]:
    """Read the documents of a stream; `fast` decodes whole ones that are as exporters write them.

    UnknownFormatError where no document holds traces and one is known by its look.
    """
    text = Text(stream, path, warnings)
    refused = Refused()
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
            warnings.add(json_walk.NOT_JSON, place)
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
    refused = Refused()
    yield from of_value(document, place, refused)
    if refused.count:
        raise UnknownFormatError(f"{place}: {refused.look or NOT_TRACES}")


def _fast_elements(text: Text, place: str, fast: Fast, *, is_first: bool) -> list[Element] | None:
    """Read a line, or else the whole of a file; None if the fast decoder does not know it."""
    for candidate in (text.line, text.rest) if is_first else (text.line,):
        whole = candidate(LONGEST_FAST)
        known = fast(whole) if whole else None
        if known is not None:
            text.advance(len(whole))
            return [Element(name, value, place) for name, value in known]
    return None


def _slow_elements(
    text: Text, place: str, warnings: Skipped, refused: Refused
) -> Iterator[Element]:
    text.line(json_walk.LONGEST_WHOLE)  # there in full, a document on one line is parsed once
    try:
        document = text.decode(json_walk.LONGEST_WHOLE)
    except (BrokenError, TooLongError):
        yield from json_walk.walked(text, place, warnings, refused)
    else:
        yield from of_value(document, place, refused)
