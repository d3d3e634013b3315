"""ResourceSpans messages out of a file of OTLP protobuf, one by one.

    10 <length> <ResourceSpans> 10 <length> <ResourceSpans> …     TracesData, or several in a row
    <4 bytes, big endian> TracesData <4 bytes> TracesData …       as the Collector's file exporter

https://github.com/open-telemetry/opentelemetry-collector-contrib (exporter/fileexporter)
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from otel_nplusone.errors import MissingExtraError
from otel_nplusone.troubles import Warnings

if TYPE_CHECKING:
    from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

_RESOURCE_SPANS_TAG = 0x0A
_LARGEST_BYTES = 1 << 30
_CUT_OFF = "message that is cut off or malformed, with all after it"


@dataclass(frozen=True, slots=True)
class Message:
    """One ResourceSpans, and where it stands."""

    value: "ResourceSpans"
    place: str


def looks_like_protobuf(head: bytes) -> bool:
    """Whether the first bytes of a file may be those of OTLP protobuf."""
    return head[:1] == bytes([_RESOURCE_SPANS_TAG]) or _is_prefixed(head)


def _is_prefixed(head: bytes) -> bool:
    return len(head) >= 5 and head[4] == _RESOURCE_SPANS_TAG and head[0] < 0x40


def messages(stream: IO[bytes], head: bytes, path: str, warnings: Warnings) -> Iterator[Message]:
    """Read the messages of a file that begins with `head`, which is not read yet."""
    try:
        from google.protobuf.message import DecodeError
        from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans
    except ImportError as error:
        raise MissingExtraError(f"{path}: OTLP protobuf", "protobuf") from error
    # A length that begins with byte 10 would be 160 MB and more: no Collector writes that.
    prefixed = head[:1] != bytes([_RESOURCE_SPANS_TAG])
    at = 0
    chunks = _prefixed_chunks(stream) if prefixed else _chunks(stream)
    for chunk in chunks:
        place = f"{path}, byte {at}"
        if chunk is None:
            warnings.add(_CUT_OFF, place)
            return
        at += len(chunk)
        try:
            yield Message(ResourceSpans.FromString(chunk), place)
        except DecodeError:
            warnings.add("message that is no ResourceSpans", place)


def _prefixed_chunks(stream: IO[bytes]) -> Iterator[bytes | None]:
    while prefix := stream.read(4):
        end = int.from_bytes(prefix, "big")
        if len(prefix) < 4 or end > _LARGEST_BYTES:
            yield None
            return
        yield from _chunks(stream, end)


def _chunks(stream: IO[bytes], size: int | None = None) -> Iterator[bytes | None]:
    """The length-delimited fields of a message; None where it cannot be read on."""
    read = 0
    while size is None or read < size:
        tag = stream.read(1)
        if not tag and size is None:
            return
        length, width = _varint(stream)
        if tag != bytes([_RESOURCE_SPANS_TAG]) or length is None or length > _LARGEST_BYTES:
            yield None
            return
        chunk = stream.read(length)
        if len(chunk) < length:
            yield None
            return
        read += 1 + width + length
        yield chunk


def _varint(stream: IO[bytes]) -> tuple[int | None, int]:
    value = 0
    for width in range(1, 6):
        byte = stream.read(1)
        if not byte:
            break
        value |= (byte[0] & 0x7F) << (7 * (width - 1))
        if byte[0] < 0x80:
            return value, width
    return None, 0
