"""Convert OTLP attribute values to plain Python, for searches, JSON and pages."""

import base64
import json
import math
from collections.abc import Iterable
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue


def plain(value: AnyValue) -> Any:
    """Convert to what JSON can hold: bytes become hex; NaN, infinity and no value become None."""
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
    """Convert attributes by key; of a repeated key the last wins."""
    return {item.key: plain(item.value) for item in attributes}


def finite(number: float) -> float | None:
    """Return None for NaN and infinity, which JSON lacks."""
    return number if math.isfinite(number) else None


def as_text(value: AnyValue) -> str:
    """Convert to the text that a search compares and a page shows."""
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
