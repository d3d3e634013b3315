"""OTLP attribute values as plain Python: for comparing, for JSON of our own and for pages."""

import base64
import json
import math
from collections.abc import Iterable
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue


def plain(value: AnyValue) -> Any:
    """The value as JSON can hold it: bytes as hex, None for NaN, infinity and nothing."""
    match value.WhichOneof("value"):
        case "array_value":
            return [plain(item) for item in value.array_value.values]
        case "kvlist_value":
            return plain_attributes(value.kvlist_value.values)
        case "bytes_value":
            return value.bytes_value.hex()
        case "double_value":
            return finite(value.double_value)
        case None:
            return None
        case kind:
            return getattr(value, kind)


def plain_attributes(attributes: Iterable[KeyValue]) -> dict[str, Any]:
    """Attributes by key; of a key that comes twice, the last."""
    return {item.key: plain(item.value) for item in attributes}


def finite(number: float) -> float | None:
    """JSON has no NaN and no infinity."""
    return number if math.isfinite(number) else None


def as_text(value: AnyValue) -> str:
    """The value as a search compares it and a page shows it."""
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "double_value":
            return f"{value.double_value:.15g}"
        case None:
            return ""
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode()
    return json.dumps(plain(value), separators=(",", ":"), ensure_ascii=False)
