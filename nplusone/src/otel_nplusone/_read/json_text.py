"""Read values out of a JSON text that is too large to hold."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import IO

from otel_nplusone._read.skipped import Skipped

_PIECE_BYTES = 1024 * 1024
_DECODER = json.JSONDecoder()
# JSON's own space, a byte order mark, and the record separator of RFC 7464.
_BETWEEN_DOCUMENTS = re.compile(r"[ \t\r\n\ufeff\x1e]*")
_SPACE = re.compile(r"[ \t\r\n]*")
_SEPARATOR = re.compile(r"[ \t\r\n,]*")
_LINE_OF_A_DOCUMENT = re.compile(r"^[{\[]", re.MULTILINE)
# An error that stands closer to the end may be of a literal that is not there in full.
_LONGEST_LITERAL = 16
_NOT_UTF8 = "piece of invalid UTF-8, which was replaced"


class BrokenError(Exception):
    """Say that a value ends before it is whole, or is not JSON."""


class TooLongError(Exception):
    """Say that a value is longer than the caller wants to hold."""


class Text:
    """Hold the part of a stream that is not used up yet, decoded from UTF-8."""

    def __init__(self, stream: IO[bytes], path: str, warnings: Skipped) -> None:
        self.path = path
        self._stream = stream
        self._warnings = warnings
        # It keeps the bytes of a character that a piece ends in the middle of.
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._at = 0
        self._line = 1
        self._counted = 0  # up to where in the text lines are counted
        self._is_whole = False  # nothing follows in the stream

    @property
    def place(self) -> str:
        """Return the file and the line of what comes next."""
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return f"{self.path}:{self._line}"

    def next_document(self) -> bool:
        """Go to the next document; False at the end of the stream."""
        return bool(self._peek(_BETWEEN_DOCUMENTS))

    def peek(self) -> str:
        """Return the next character that is not space; BrokenError at the end of the stream."""
        found = self._peek(_SPACE)
        if not found:
            raise BrokenError
        return found

    def skip(self, character: str) -> None:
        """Go behind this character; BrokenError if another one comes."""
        if self.peek() != character:
            raise BrokenError
        self._at += 1

    def skip_line(self) -> None:
        """Go to the next line that a document may begin on."""
        while not (found := _LINE_OF_A_DOCUMENT.search(self._text, self._at)):
            self._at = len(self._text)
            if not self._more():
                return
        self._at = found.start()

    def line(self, longest: int) -> str:
        """Return the rest of the line, which stays; an empty text if it is longer."""
        length = 0
        while (end := self._text.find("\n", self._at + length)) < 0 and not self._is_whole:
            length = len(self._text) - self._at
            if length > longest:
                return ""
            self._more(min(length, longest - length + 1))
        return self._up_to(len(self._text) if end < 0 else end, longest)

    def rest(self, longest: int) -> str:
        """Return all that follows, which stays; an empty text if it is longer."""
        while not self._is_whole:
            length = len(self._text) - self._at
            if length > longest:
                return ""
            self._more(min(length, longest - length + 1))
        return self._up_to(len(self._text), longest)

    def _up_to(self, end: int, longest: int) -> str:
        return self._text[self._at : end] if end - self._at <= longest else ""

    def advance(self, length: int) -> None:
        """Use up `length` characters."""
        self._at += length

    def items(self) -> Iterator[None]:
        """Stop at each element of the list that begins here, which the caller has to use up."""
        self.skip("[")
        while self._next_item() != "]":
            yield
        self._at += 1

    def members(self) -> Iterator[str]:
        """Stop at each value of the object that begins here, which the caller has to use up."""
        self.skip("{")
        while self._next_item() != "}":
            key = self.decode()
            if not isinstance(key, str):
                raise BrokenError
            self.skip(":")
            self.peek()
            yield key
        self._at += 1

    def _next_item(self) -> str:
        found = self._peek(_SEPARATOR)
        if not found:
            raise BrokenError
        return found

    def decode(self, longest: int | None = None) -> object:
        """Use up the value here, read on until it is whole.

        BrokenError if it never is, TooLongError if it needs more than `longest` characters.
        """
        self.peek()
        while True:
            if longest is not None and len(self._text) - self._at > longest:
                return self._decode_short(longest)
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not self._may_go_on(error, len(self._text)):
                    raise BrokenError from error
            except RecursionError as error:
                raise BrokenError from error
            else:
                if self._is_whole or not _may_be_cut(value, end, len(self._text)):
                    self._at = end
                    return value
            self._more(len(self._text) - self._at)

    def _decode_short(self, longest: int) -> object:
        """Use up the value here without looking at more text than that, of what there is."""
        text = self._text[self._at : self._at + longest]
        try:
            value, end = _DECODER.raw_decode(text)
        except json.JSONDecodeError as error:
            raise (TooLongError if self._may_go_on(error, longest) else BrokenError) from error
        except RecursionError as error:
            raise BrokenError from error
        if _may_be_cut(value, end, longest):
            raise TooLongError
        self._at += end
        return value

    def _may_go_on(self, error: json.JSONDecodeError, length: int) -> bool:
        if self._is_whole and length == len(self._text):
            return False
        is_cut = error.pos >= length - _LONGEST_LITERAL
        return is_cut or error.msg.startswith("Unterminated string")

    def _peek(self, between: re.Pattern[str]) -> str:
        while True:
            found = between.match(self._text, self._at)
            assert found is not None
            self._at = found.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _more(self, size: int = 0) -> bool:
        """Read at least that much more; one used character stays, to tell where a line begins."""
        piece = self._stream.read(max(size, _PIECE_BYTES))
        self._is_whole = not piece
        self._line += self._text.count("\n", self._counted, self._at)
        begin = max(0, self._at - 1)
        self._text = self._text[begin:] + self._decoded(piece)
        self._at = self._counted = self._at - begin
        return not self._is_whole

    def _decoded(self, piece: bytes) -> str:
        try:
            return self._decoder.decode(piece, final=not piece)
        except UnicodeDecodeError:
            self._warnings.add(_NOT_UTF8, self.path)
        lenient = codecs.getincrementaldecoder("utf-8")(errors="replace")
        text = lenient.decode(self._decoder.getstate()[0] + piece, final=not piece)
        self._decoder.setstate(lenient.getstate())
        return text


def _may_be_cut(value: object, end: int, length: int) -> bool:
    """Say whether a number may go on past the end of the text: so do `1`, `1.` and `1e+`."""
    return isinstance(value, (int, float)) and end > length - _LONGEST_LITERAL
