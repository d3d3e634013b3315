"""Unpack what is around a file: gzip, zstd, UTF-16.

Each is told by the first bytes, and one may be inside another.
"""

import codecs
import io
import sys
import zlib
from collections.abc import Callable
from typing import IO, Any, cast

from otel_nplusone.errors import MissingExtraError

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPABLE = b"\x2a\x4d\x18"  # after a byte from 0x50 to 0x5f: zstd's frames of other data
_HEAD_BYTES = 4096
BUFFER_BYTES = 1024 * 1024
# Small ones: where a piece is damaged, what was unpacked of it is lost.
_COMPRESSED_BYTES = _PIECE_BYTES = 64 * 1024
_CUT_OFF = "it ends before its end is marked"
# Those of UTF-32 first: one begins as that of UTF-16 does.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def unpacked(
    stream: IO[bytes], path: str, troubles: list[str], most_bytes: int | None = None
) -> IO[bytes]:
    """Return the plain bytes of a stream, text as UTF-8, as far as it can be unpacked.

    `troubles` takes the reason, which may be that `most_bytes` have been unpacked.
    MissingExtraError where a package is missing.
    """
    while True:
        head = peek(stream)
        inner: io.RawIOBase
        if head.startswith(_GZIP):
            inner = _Inflated(stream, _Gzip, "gzip", troubles, most_bytes)
        elif is_zstd(head):
            inner = _Inflated(stream, _zstd(path).ZstdDecompressor, "zstd", troubles, most_bytes)
        elif encoding := _encoding(head):
            inner = _Recoded(stream, encoding)
        else:
            return stream
        stream = buffered(inner)


def buffered(stream: io.RawIOBase | io.BytesIO) -> IO[bytes]:
    """Return a stream whose first bytes can be looked at."""
    return cast(IO[bytes], io.BufferedReader(cast(io.RawIOBase, stream), BUFFER_BYTES))


def peek(stream: IO[bytes]) -> bytes:
    """Return the first bytes of a stream, which stay in it."""
    return cast(io.BufferedReader, stream).peek(_HEAD_BYTES)[:_HEAD_BYTES]


def is_zstd(head: bytes) -> bool:
    """Say whether these are the first bytes of a zstd frame."""
    return head.startswith(_ZSTD) or (head[1:4] == _ZSTD_SKIPPABLE and head[0] >> 4 == 5)


def _zstd(path: str) -> Any:
    """Return the module that reads zstd: of the standard library from Python 3.14 on."""
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd as module
        else:
            from backports import zstd as module
    except ImportError as error:
        raise MissingExtraError(f"{path}: a file compressed with zstd", "zstd") from error
    return module


def _encoding(head: bytes) -> str:
    """Return the encoding of a text that is in UTF-16 or UTF-32, or an empty text."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    # Without a byte order mark: two characters of JSON's beginning, with zeros around them.
    for encoding, size in (("utf-32-be", 4), ("utf-32-le", 4), ("utf-16-be", 2), ("utf-16-le", 2)):
        begins = (head[:size].strip(b"\0") + head[size : 2 * size].strip(b"\0")).decode("latin-1")
        is_this = len(begins) == 2 and begins.encode(encoding) == head[: 2 * size]
        # Two line feeds may as well be two empty messages of protobuf.
        if is_this and begins[0] in "{[ \r\n\t\x1e" and begins != "\n\n":
            return encoding
    return ""


class _Gzip:
    """Decompress one gzip member, with the face of those of zstd."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inflate.decompress(self._inflate.unconsumed_tail + data, max_length)

    @property
    def needs_input(self) -> bool:
        return not self._inflate.unconsumed_tail

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data


class _Inflated(io.RawIOBase):
    """Give what is compressed, in one member or frame or several, as plain bytes.

    It ends where the rest is cut off or damaged, so that what is whole can be read.
    """

    def __init__(
        self,
        stream: IO[bytes],
        new: Callable[[], Any],
        name: str,
        troubles: list[str],
        most_bytes: int | None,
    ) -> None:
        self._most_bytes = most_bytes
        self._unpacked_bytes = 0
        self._stream = stream
        self._new = new
        self._name = name
        self._troubles = troubles
        self._inflate: Any = None
        self._left = b""
        self._may_have_more = False
        self._has_ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        try:
            plain = b"" if self._has_ended else self._next(min(len(view), _PIECE_BYTES))
        except Exception as error:  # zlib's and zstd's own, which have no parent in common
            plain = self._end(f"{self._name}: {error}")
        self._unpacked_bytes += len(plain)
        if self._most_bytes is not None and self._unpacked_bytes > self._most_bytes:
            plain = self._end(
                f"{self._name}: it is larger than {self._most_bytes:,} bytes unpacked"
            )
        view[: len(plain)] = plain
        return len(plain)

    def _next(self, size: int) -> bytes:
        while True:
            if not self._left and not self._may_have_more:
                self._left = self._stream.read(_COMPRESSED_BYTES)
                if not self._left:
                    return self._end("" if self._inflate is None else f"{self._name}: {_CUT_OFF}")
            if self._inflate is None:
                self._left = self._left.lstrip(b"\0")  # gzip's padding
                if not self._left:
                    continue
                self._inflate = self._new()
            plain: bytes = self._inflate.decompress(self._left, size)
            self._left = b""
            self._may_have_more = len(plain) == size or not self._inflate.needs_input
            if self._inflate.eof:
                self._left, self._inflate = self._inflate.unused_data, None
                self._may_have_more = False
            if plain:
                return plain

    def _end(self, trouble: str) -> bytes:
        self._has_ended = True
        if trouble:
            self._troubles.append(trouble)
        return b""


class _Recoded(io.RawIOBase):
    """Give a text in another encoding as UTF-8."""

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        while not self._left:
            piece = self._stream.read(BUFFER_BYTES)
            self._left = self._decoder.decode(piece, final=not piece).encode(errors="replace")
            if not piece:
                break
        size = min(len(view), len(self._left))
        view[:size] = self._left[:size]
        self._left = self._left[size:]
        return size
