"""Read query parameters: a function for each kind of value, and one error for all of them.

A reader takes a text and returns its value, or raises a ValueError that says what is wrong.
`parse` makes a MalformedParameterError of it, which names the parameter.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from werkzeug.datastructures import MultiDict

from tracestore.errors import MalformedParameterError
from tracestore.store.spans import MAX_NANO

MAX_LIMIT = 10_000

_NANO_PER_UNIT = {
    "ns": 1,
    "us": 10**3,
    "\u00b5s": 10**3,  # the micro sign
    "\u03bcs": 10**3,  # the Greek letter, which Go takes as well
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_DURATION_PART = re.compile(
    r"(\d{1,15}(?:\.\d{0,9})?|\.\d{1,9})(ns|us|\u00b5s|\u03bcs|ms|s|m|h)", re.ASCII
)
_RFC_3339 = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)", re.ASCII
)
_WHOLE_NUMBER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_HEX_ID = re.compile(r"[0-9a-fA-F]{1,32}")

Parameters = MultiDict[str, str]
T = TypeVar("T")
D = TypeVar("D")


def parse(given: Mapping[str, str], name: str, read: Callable[[str], T], default: D) -> T | D:
    """Read the parameter of that name; return `default` if it is missing or empty."""
    text = given.get(name, "")
    return parse_text(name, text, read) if text else default


def require(given: Mapping[str, str], name: str, read: Callable[[str], T]) -> T:
    """Read the parameter of that name; raise if it is missing or empty."""
    if not given.get(name):
        raise MalformedParameterError(name, "it is required")
    return parse_text(name, given[name], read)


def parse_text(name: str, text: str, read: Callable[[str], T]) -> T:
    """Read one text, and name the parameter in the error."""
    try:
        return read(text)
    except ValueError as error:
        raise MalformedParameterError(name, str(error)) from error


def parse_trace_id(text: str) -> bytes:
    """Read a trace id of up to 32 hex digits; fill a shorter one with zeros, as Jaeger does."""
    if not _HEX_ID.fullmatch(text):
        raise MalformedParameterError("trace_id", f"{quoted(text)} is not 1 to 32 hex digits")
    return bytes.fromhex(text.zfill(32))


def time_nano(text: str) -> int:
    """Read an RFC 3339 time of up to nine decimals as nanoseconds since the epoch."""
    match = _RFC_3339.fullmatch(text)
    if match is None:
        raise ValueError(f"{quoted(text)} is not an RFC 3339 time as 2026-01-31T12:00:00Z")
    seconds, fraction, zone = match.groups()
    moment = datetime.fromisoformat(seconds + ("+00:00" if zone == "Z" else zone))
    whole = int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    return whole * 10**9 + int((fraction or "").ljust(9, "0"))


def micro_time(text: str) -> int:
    """Read microseconds since the epoch as nanoseconds."""
    return within(whole_number(text) * 1000)


def duration_nano(text: str) -> int:
    """Read one of Go's durations ("1.5s", "1h2m", "250ms") as nanoseconds."""
    total = 0.0
    at = 0
    while match := _DURATION_PART.match(text, at):
        total += float(match[1]) * _NANO_PER_UNIT[match[2]]
        at = match.end()
    if text == "0":
        return 0
    if not text or at != len(text):
        raise ValueError(f"{quoted(text)} is not a duration such as 250ms or 1.5s")
    return round(min(total, MAX_NANO))


def switch(text: str) -> bool:
    """Read true or false as Go spells them."""
    if text in ("0", "f", "F", "false", "False", "FALSE"):
        return False
    if text in ("1", "t", "T", "true", "True", "TRUE"):
        return True
    raise ValueError(f"{quoted(text)} is neither true nor false")


def whole_number(text: str) -> int:
    """Read a whole number of up to 18 digits."""
    if not _WHOLE_NUMBER.fullmatch(text):
        raise ValueError(f"{quoted(text)} is not a whole number")
    return int(text)


def limit(text: str) -> int:
    """Read how many traces are wanted."""
    if not _WHOLE_NUMBER.fullmatch(text) or not 0 < int(text) <= MAX_LIMIT:
        raise ValueError(f"{quoted(text)} is not a number from 1 to {MAX_LIMIT}")
    return int(text)


def string_map(text: str) -> dict[str, str]:
    """Read a JSON object of strings."""
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not JSON: {error}") from error
    if not isinstance(parsed, dict) or not all(isinstance(v, str) for v in parsed.values()):
        raise ValueError('it is not an object of strings as {"key":"value"}')
    return parsed


def one_of(options: Iterable[T]) -> Callable[[str], T]:
    """Make a reader that takes one of these words."""
    by_name = {str(option): option for option in options}

    def read(text: str) -> T:
        if text not in by_name:
            raise ValueError(f"{quoted(text)} is not one of {', '.join(by_name)}")
        return by_name[text]

    return read


def within(nano: int) -> int:
    """Cut a time to what the store holds."""
    return min(max(nano, 0), MAX_NANO)


def quoted(text: str) -> str:
    """Quote a value in an error, as far as it helps to recognize it."""
    return repr(text[:60])
