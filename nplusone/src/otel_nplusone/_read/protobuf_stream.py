"""Read the parts of a file of OTLP protobuf, and the records of the Collector's file exporter.

    10 <length> <ResourceSpans> 10 <length> <ResourceSpans> …     TracesData, or several in a row
    <4 bytes, big endian> <record> <4 bytes> <record> …           the Collector's file exporter

A record is TracesData or OTLP JSON, and either of them may be compressed by zstd. Another way to
delimit messages is theirs by varint, as Java's writeDelimitedTo does.
https://github.com/open-telemetry/opentelemetry-collector-contrib (exporter/fileexporter)
"""

import io
from collections.abc import Iterator
from typing import IO

from otel_nplusone._read.skipped import Skipped
from otel_nplusone._read.unpack import is_zstd, peek

RESOURCE_SPANS_TAG = 0x0A
_LARGEST_BYTES = 1 << 30
CUT_OFF = "message that is cut off or malformed, with all after it"


def is_delimited(head: bytes) -> bool:
    """Say whether messages follow that each begin with their length as a varint."""
    length, width = varint(io.BytesIO(head))
    if length is None or head[width : width + 1] != bytes([RESOURCE_SPANS_TAG]):
        return False
    inner, inner_width = varint(io.BytesIO(head[width + 1 :]))
    return inner is not None and 1 + inner_width + inner <= length


def is_records(head: bytes) -> bool:
    """Say whether the records of the Collector's file exporter follow.

    A length that begins with a byte that other files begin with would be 160 MB and more.
    """
    record = head[4:]
    starts = record[:1] in (bytes([RESOURCE_SPANS_TAG]), b"{") or is_zstd(record)
    return len(head) >= 5 and head[0] < RESOURCE_SPANS_TAG and starts


def records(stream: IO[bytes], path: str, warnings: Skipped) -> Iterator[tuple[bytes, str, bool]]:
    """Yield the Collector's records: each with its place, and whether it is whole."""
    at = 0
    while prefix := stream.read(4):
        place = f"{path}, byte {at}"
        size = int.from_bytes(prefix, "big")
        is_size = len(prefix) == 4 and size <= _LARGEST_BYTES
        record = stream.read(size) if is_size else b""
        is_whole = is_size and len(record) == size
        if record:
            yield record, place, is_whole
        if not is_whole:
            warnings.add(CUT_OFF, place)
            return
        at += 4 + size


def chunks(stream: IO[bytes], path: str, warnings: Skipped) -> Iterator[tuple[bytes, str]]:
    """Yield the bytes of each ResourceSpans, each with its place; what is cut off is counted."""
    at = 0
    while tag := stream.read(1):
        place = f"{path}, byte {at}"
        length, width = varint(stream)
        if tag[0] != RESOURCE_SPANS_TAG or length is None or length > _LARGEST_BYTES:
            warnings.add(CUT_OFF, place)
            return
        chunk = stream.read(length)
        if len(chunk) < length:
            warnings.add(CUT_OFF, place)
            return
        at += 1 + width + length
        yield chunk, place


def delimited(stream: IO[bytes], path: str, warnings: Skipped) -> Iterator[tuple[bytes, str]]:
    """Yield the bytes of each ResourceSpans in messages that begin with their length."""
    at = 0
    while peek(stream):
        place = f"{path}, byte {at}"
        length, width = varint(stream)
        if length is None or length > _LARGEST_BYTES:
            warnings.add(CUT_OFF, place)
            return
        message = stream.read(length)
        is_whole = len(message) == length
        inner = warnings if is_whole else Skipped()
        for chunk, _ in chunks(io.BytesIO(message), path, inner):
            yield chunk, place
        if not is_whole:
            warnings.add(CUT_OFF, place)
        at += width + length


def varint(stream: IO[bytes]) -> tuple[int | None, int]:
    """Read a number of at most five bytes, and how many there were; None if it is cut off."""
    value = 0
    for width in range(1, 6):
        byte = stream.read(1)
        if not byte:
            break
        value |= (byte[0] & 0x7F) << (7 * (width - 1))
        if byte[0] < 0x80:
            return value, width
    return None, 0
