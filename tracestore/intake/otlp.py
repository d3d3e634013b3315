"""Decode and encode OTLP/HTTP bodies, in protobuf or JSON.

    POST /v1/traces
    Content-Type: application/x-protobuf | application/json
    Content-Encoding: gzip | identity

The answer has the content type of the request. OTLP's JSON differs from protobuf's usual mapping in
one thing: trace and span ids are hex, not base64.
https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

import base64
import json
import zlib
from typing import TypeVar

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # it ships no types

from tracestore.errors import BodyTooLargeError, InvalidBodyError, UnsupportedBodyError

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
DEFAULT_MAX_BODY_BYTES = 64 * 1024 * 1024

_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_HEX_KEYS = frozenset({"traceId", "spanId", "parentSpanId"})
_CODE_OF_STATUS = {400: 3, 413: 3, 415: 3, 503: 14}  # INVALID_ARGUMENT, UNAVAILABLE

M = TypeVar("M", bound=Message)


def content_type(header: str) -> str:
    """Return the content type without parameters; UnsupportedBodyError unless OTLP has it."""
    bare = header.partition(";")[0].strip().lower()
    if bare not in (PROTOBUF, JSON):
        raise UnsupportedBodyError(
            f"content type {bare or '(none)'!r} is not OTLP: send {PROTOBUF} or {JSON}"
        )
    return bare


def decompress(body: bytes, encoding: str, *, max_bytes: int) -> bytes:
    """Undo the Content-Encoding, and never hold more than `max_bytes`."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise UnsupportedBodyError(
            f"content encoding {encoding!r} is not supported: send gzip or identity"
        )
    decompressor = zlib.decompressobj(_GZIP_WINDOW)
    try:
        plain = decompressor.decompress(body, max_bytes + 1)
    except zlib.error as error:
        raise InvalidBodyError(f"the body is not gzip: {error}") from error
    if len(plain) > max_bytes:
        raise BodyTooLargeError(f"the body is larger than {max_bytes} bytes once decompressed")
    if not decompressor.eof:
        raise InvalidBodyError("the gzip body is cut off")
    if decompressor.unused_data:
        raise InvalidBodyError("there are more bytes after the end of the gzip body")
    return plain


def decode(body: bytes, kind: str, message_type: type[M]) -> M:
    """Parse a body into a message; InvalidBodyError says what is wrong with it."""
    return _from_json(body, message_type) if kind == JSON else _from_protobuf(body, message_type)


def encode(message: Message, kind: str) -> bytes:
    """Serialize an answer in a content type."""
    if kind == JSON:
        return json_format.MessageToJson(message, indent=None).encode()
    return message.SerializeToString()


def encode_error(message: str, http_status: int, kind: str) -> bytes:
    """Serialize the google.rpc.Status that OTLP wants as the body of an error."""
    return encode(Status(code=_CODE_OF_STATUS.get(http_status, 2), message=message), kind)


def _from_protobuf(body: bytes, message_type: type[M]) -> M:
    try:
        return message_type.FromString(body)
    except DecodeError as error:
        raise InvalidBodyError(
            f"the body is not an {message_type.DESCRIPTOR.name}: {error}"
        ) from error


def _from_json(body: bytes, message_type: type[M]) -> M:
    name = message_type.DESCRIPTOR.name
    try:
        parsed = json.loads(body, object_hook=_hex_ids_to_base64)
        if not isinstance(parsed, dict):
            raise InvalidBodyError(f"the body is not an {name}: it is not a JSON object")
        return json_format.ParseDict(parsed, message_type(), ignore_unknown_fields=True)
    except (ValueError, json_format.ParseError, RecursionError) as error:
        raise InvalidBodyError(f"the body is not an {name}: {error}") from error


def _hex_ids_to_base64(node: dict[str, object]) -> dict[str, object]:
    """Convert the ids of an OTLP/JSON object to what protobuf's JSON mapping expects."""
    for key in _HEX_KEYS & node.keys():
        value = node[key]
        if not isinstance(value, str):
            raise ValueError(f"{key} is not a string")
        try:
            node[key] = base64.b64encode(bytes.fromhex(value)).decode()
        except ValueError as error:
            raise ValueError(f"{key} is not hex: {value[:40]!r}") from error
    return node
