"""Spans from files and from standard input, in whatever format they are.

The format is told by the first bytes, never by the name. gzip may be around any of them.
"""

import gzip
import io
import os
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from otel_nplusone.errors import SourceError, UnknownFormatError
from otel_nplusone.jaeger_json import from_jaeger
from otel_nplusone.json_stream import elements
from otel_nplusone.model import Span
from otel_nplusone.otlp import from_json, from_protobuf
from otel_nplusone.protobuf_stream import looks_like_protobuf, messages
from otel_nplusone.troubles import Warnings

STDIN = "-"
_GZIP = b"\x1f\x8b"
_HEAD_BYTES = 4096
_BUFFER_BYTES = 1024 * 1024


def read_file(path: str, warnings: Warnings) -> Iterator[Span]:
    """The spans of a file, or of standard input for `-`, as they are read.

    SourceError where there is no such file, none of the known formats in it, or not a single span
    that can be read.
    """
    count, before = 0, len(warnings)
    try:
        with _open(path) as stream:
            for span in _decode(stream, path, warnings):
                count += 1
                yield span
    except (OSError, EOFError, zlib.error) as error:
        if not count:
            raise SourceError(f"{path}: cannot be read: {_reason(error)}") from error
        warnings.add(f"rest of a file that cannot be read ({_reason(error)})", path)
    if not count and len(warnings) > before:
        raise SourceError(f"{path}: no span could be read: {warnings.lines()[-1]}")


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _open(path: str) -> IO[bytes]:
    if path == STDIN:
        return os.fdopen(os.dup(sys.stdin.fileno()), "rb", buffering=_BUFFER_BYTES)
    return Path(path).open("rb", buffering=_BUFFER_BYTES)


def _decode(stream: IO[bytes], path: str, warnings: Warnings) -> Iterator[Span]:
    head = _peek(stream)
    if head.startswith(_GZIP):
        with gzip.open(stream) as plain:
            inner = io.BufferedReader(cast(io.RawIOBase, plain), _BUFFER_BYTES)
            yield from _decode(cast(IO[bytes], inner), path, warnings)
        return
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] in (b"{", b"["):
        for element in elements(stream, path, warnings):
            read = from_jaeger if element.name == "data" else from_json
            yield from read(element.value, element.place, warnings)
    elif looks_like_protobuf(head):
        for message in messages(stream, head, path, warnings):
            yield from from_protobuf(message.value, message.place, warnings)
    elif not text:
        raise SourceError(f"{path}: the file is empty")
    else:
        raise UnknownFormatError(
            f"{path}: not OTLP JSON, OTLP protobuf or Jaeger JSON (it begins with {head[:16]!r})"
        )


def _peek(stream: IO[bytes]) -> bytes:
    buffered = cast(io.BufferedReader, stream)
    return buffered.peek(_HEAD_BYTES)[:_HEAD_BYTES]
