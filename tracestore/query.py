"""What a search asks for, and how Jaeger's query parameters spell it.

Jaeger 2.20 takes `query.serviceName`; before, it was `query.service_name`. Both are read, the
newer first. Times are RFC 3339 with up to nine digits, durations Go's ("1.5s", "1h2m", "250ms").
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from tracestore.errors import MalformedParameterError

DEFAULT_SEARCH_DEPTH = 100
MAX_SEARCH_DEPTH = 10_000
MAX_NANO = 2**63 - 1

Order = Literal["newest", "longest", "spans"]

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


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """Traces with a span that is all of this; an empty name and None mean any."""

    service: str = ""
    operation: str = ""
    start_time_min_unix_nano: int = 0
    start_time_max_unix_nano: int = MAX_NANO
    duration_min_nano: int | None = None
    duration_max_nano: int | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    limit: int = DEFAULT_SEARCH_DEPTH
    order: Order = "newest"


def parse_search_query(parameters: Mapping[str, str]) -> SearchQuery:
    """Read Jaeger's parameters; MalformedParameterError names the one that cannot be read."""
    reader = _Parameters(parameters)
    start_min, start_max = reader.time_range()
    reader.switch("raw_traces")
    return SearchQuery(
        service=reader.text("service_name"),
        operation=reader.text("operation_name"),
        start_time_min_unix_nano=start_min,
        start_time_max_unix_nano=start_max,
        duration_min_nano=reader.duration("duration_min"),
        duration_max_nano=reader.duration("duration_max"),
        attributes=reader.attributes(),
        limit=reader.search_depth(),
    )


def check_trace_parameters(parameters: Mapping[str, str]) -> None:
    """Check the parameters of one trace: a hint for stores that keep days apart, and a switch.

    Neither changes the answer here: a trace is found by its id, and always given as it came.
    """
    reader = _Parameters(parameters, prefix="")
    for snake in ("start_time", "end_time"):
        reader.time(snake)
    reader.switch("raw_traces")


def parse_dependencies_times(parameters: Mapping[str, str]) -> tuple[int, int]:
    """Both times of a question for dependencies, which has to have them, in this order."""
    reader = _Parameters(parameters, prefix="")
    start = reader.time("start_time", required=True) or 0
    end = reader.time("end_time", required=True) or 0
    if end <= start:
        raise MalformedParameterError("endTime", "it must be after startTime")
    return max(start, 0), min(max(end, 0), MAX_NANO)


def parse_time(text: str) -> int:
    """Nanoseconds since the epoch of an RFC 3339 time; ValueError if it is none."""
    match = _RFC_3339.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:60]!r} is not an RFC 3339 time as 2026-01-31T12:00:00Z")
    seconds, fraction, zone = match.groups()
    moment = datetime.fromisoformat(seconds + ("+00:00" if zone == "Z" else zone))
    whole = int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    return whole * 10**9 + int((fraction or "").ljust(9, "0"))


def parse_duration(text: str) -> int:
    """Nanoseconds of one of Go's durations; ValueError if it is none."""
    total = 0.0
    at = 0
    while match := _DURATION_PART.match(text, at):
        total += float(match[1]) * _NANO_PER_UNIT[match[2]]
        at = match.end()
    if text == "0":
        return 0
    if not text or at != len(text):
        raise ValueError(f"{text[:60]!r} is not a duration as 250ms or 1.5s")
    return round(min(total, MAX_NANO))


def parse_switch(text: str) -> bool:
    """True or false as Go spells them, nothing being false; ValueError if it is neither."""
    if text in ("", "0", "f", "F", "false", "False", "FALSE"):
        return False
    if text in ("1", "t", "T", "true", "True", "TRUE"):
        return True
    raise ValueError(f"{text[:60]!r} is neither true nor false")


class _Parameters:
    """Query parameters under either spelling."""

    def __init__(self, parameters: Mapping[str, str], *, prefix: str = "query.") -> None:
        self._parameters = parameters
        self._prefix = prefix

    def text(self, snake: str) -> str:
        return self._find(snake)[1]

    def time(self, snake: str, *, required: bool = False) -> int | None:
        name, text = self._find(snake)
        if not text:
            if required:
                raise MalformedParameterError(name, "it is required")
            return None
        try:
            return parse_time(text)
        except ValueError as error:
            raise MalformedParameterError(name, str(error)) from error

    def time_range(self) -> tuple[int, int]:
        times = [self.time(snake) for snake in ("start_time_min", "start_time_max")]
        if times[0] is None or times[1] is None:
            raise MalformedParameterError(
                self._find("start_time_min" if times[0] is None else "start_time_max")[0],
                "query.startTimeMin and query.startTimeMax are required",
            )
        if times[0] >= times[1]:
            raise MalformedParameterError(
                "query.startTimeMin", "it must be before query.startTimeMax"
            )
        return max(times[0], 0), min(max(times[1], 0), MAX_NANO)

    def switch(self, snake: str) -> bool:
        name, text = self._find(snake)
        try:
            return parse_switch(text)
        except ValueError as error:
            raise MalformedParameterError(name, str(error)) from error

    def duration(self, snake: str) -> int | None:
        name, text = self._find(snake)
        if not text:
            return None
        try:
            return parse_duration(text)
        except ValueError as error:
            raise MalformedParameterError(name, str(error)) from error

    def search_depth(self) -> int:
        name, text = self._find("search_depth")
        if not text:
            name, text = "query.num_traces", self._parameters.get("query.num_traces", "")
        if not text:
            return DEFAULT_SEARCH_DEPTH
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not 0 < int(text) <= MAX_SEARCH_DEPTH:
            raise MalformedParameterError(
                name, f"{text[:60]!r} is not a number from 1 to {MAX_SEARCH_DEPTH}"
            )
        return int(text)

    def attributes(self) -> dict[str, str]:
        name, text = self._find("attributes")
        if not text:
            return {}
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise MalformedParameterError(name, f"it is not JSON: {error}") from error
        if not isinstance(parsed, dict) or not all(isinstance(v, str) for v in parsed.values()):
            raise MalformedParameterError(name, 'it is not an object of strings as {"key":"value"}')
        return parsed

    def _find(self, snake: str) -> tuple[str, str]:
        """The spelling that is used, and its value; an empty value where it is missing."""
        first, *rest = snake.split("_")
        camel = self._prefix + first + "".join(word.capitalize() for word in rest)
        if value := self._parameters.get(camel):
            return camel, value
        snake = self._prefix + snake
        return (snake if snake in self._parameters else camel), self._parameters.get(snake, "")
