"""Read numbers and ids as writers of JSON spell them, and keep what was read for the next time."""

import base64
import binascii
from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

# What malformed spans raise while they are read; decimal's errors are arithmetic ones.
BAD_SPAN = (AttributeError, KeyError, TypeError, ValueError, ArithmeticError)
_LONGEST_KEPT_BYTES = 4_096
_BYTES_OF_AN_ENTRY = 256
_MOST_KEPT_BYTES = 8 * 1024 * 1024
_HEX = frozenset("0123456789abcdefABCDEF")

K = TypeVar("K", bound=str | bytes | tuple[bytes, ...])
T = TypeVar("T")


def whole(value: object) -> int:
    """Return a whole number that is written as one, as a text (`"17"`, `"1.7e18"`) or a float."""
    if type(value) is int:
        return value
    if not isinstance(value, (str, float)):
        raise TypeError(f"{str(value)[:40]!r} is not a whole number")
    try:
        return int(value)
    except ValueError:
        pass
    try:
        return int(Decimal(value))
    except ArithmeticError as error:
        raise ValueError(f"{str(value)[:40]!r} is not a whole number") from error


def hex_id(text: str, size: int) -> str:
    """Return an id of `size` bytes in lower-case hex; it is hex, or base64 as protobuf writes it.

    Hex may lack its leading zeros, base64 its padding. ValueError if it is neither.
    """
    digits = 2 * size
    if len(text) == digits:
        return text.lower()
    # Hex of as many digits as base64 would have is in lower case, and base64 hardly ever is.
    may_be_base64 = len(text) == -(-size * 4 // 3) and text != text.lower()
    if text and len(text) < digits and _HEX.issuperset(text) and not may_be_base64:
        return text.lower().zfill(digits)
    plain = text.replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != size:
        raise ValueError(f"id {text[:40]!r} is neither hex nor base64 of {size} bytes")
    return raw.hex()


def parent_id(text: str) -> str:
    """Return the id of a parent span; empty if there is none, which some write as zeros."""
    if not text or not text.strip("0"):
        return ""
    return hex_id(text, 8)


def origin_of(language: object, scope: object) -> str:
    """Return who made spans, as the model has it: `- name` without a language, or empty."""
    known = language if isinstance(language, str) and language else "-"
    told = f"{known} {scope}" if isinstance(scope, str) and scope else known
    return "" if told == "-" else told


class Kept(dict[K, T]):
    """Keep what is made of raw bytes or of a text for the next time: a span's attributes.

    Bounded: an application sends few different statements, and whoever sends more pays for them.
    """

    def __init__(self, make: Callable[[K], T]) -> None:
        super().__init__()
        self._make = make
        self._room = _MOST_KEPT_BYTES

    def __missing__(self, raw: K) -> T:
        made = self._make(raw)
        size = sum(map(len, raw)) if isinstance(raw, tuple) else len(raw)
        if size <= _LONGEST_KEPT_BYTES:
            self._room -= size + _BYTES_OF_AN_ENTRY
            if self._room < 0:
                self.clear()
                self._room = _MOST_KEPT_BYTES
            self[raw] = made
        return made
