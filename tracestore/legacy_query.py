"""The parameters of Jaeger's older API, the one that its UI speaks.

    service=NAME operation=NAME tags={"key":"value"} tag=key:value
    start=µs end=µs minDuration=1.5s maxDuration=2m limit=20 traceID=HEX (more than once)

Without start it looks back two days, as Jaeger does; without end it looks until now.
"""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from tracestore.errors import MalformedParameterError
from tracestore.query import (
    DEFAULT_SEARCH_DEPTH,
    MAX_NANO,
    MAX_SEARCH_DEPTH,
    SearchQuery,
    parse_duration,
    parse_switch,
)

LOOKBACK_NANO = 2 * 24 * 3600 * 10**9
# What Jaeger looks back for the dependencies between services.
DEPENDENCIES_LOOKBACK_MS = 24 * 3600 * 1000
_INTEGER = re.compile(r"[+-]?\d{1,18}", re.ASCII)

Parameters = MultiDict[str, str]


@dataclass(frozen=True, slots=True)
class TimeRange:
    """Nanoseconds since the epoch, both ends included."""

    start_nano: int
    end_nano: int


def parse_legacy_query(parameters: Parameters) -> SearchQuery:
    """Read a search; MalformedParameterError names the parameter that cannot be read."""
    service = parameters.get("service", "")
    if not service:
        raise MalformedParameterError("service", "parameter 'service' is required")
    times = parse_time_range(parameters)
    shortest = parse_length(parameters, "minDuration")
    longest = parse_length(parameters, "maxDuration")
    if shortest and longest and longest < shortest:
        raise MalformedParameterError(
            "maxDuration", "'maxDuration' should be greater than 'minDuration'"
        )
    return SearchQuery(
        service=service,
        operation=parameters.get("operation", ""),
        start_time_min_unix_nano=times.start_nano,
        start_time_max_unix_nano=times.end_nano,
        duration_min_nano=shortest,
        duration_max_nano=longest,
        attributes=parse_tags(parameters),
        limit=parse_limit(parameters, default=DEFAULT_SEARCH_DEPTH),
    )


def parse_time_range(parameters: Parameters) -> TimeRange:
    """`start` and `end` in microseconds; two days up to now where they are missing."""
    now = time.time_ns()
    start = parse_integer(parameters, "start", default=(now - LOOKBACK_NANO) // 1000) * 1000
    end = parse_integer(parameters, "end", default=now // 1000) * 1000
    return TimeRange(_within(start), _within(end))


def parse_dependencies_range(parameters: Parameters) -> TimeRange:
    """`endTs` and `lookback` in milliseconds."""
    end = parse_integer(parameters, "endTs", default=time.time_ns() // 10**6)
    lookback = parse_integer(parameters, "lookback", default=DEPENDENCIES_LOOKBACK_MS)
    return TimeRange(_within((end - lookback) * 10**6), _within(end * 10**6))


def parse_length(parameters: Parameters, name: str) -> int | None:
    """A duration as 1.5s in nanoseconds; None where it is missing or zero, which mean any."""
    text = parameters.get(name, "")
    if not text:
        return None
    try:
        return parse_duration(text) or None
    except ValueError as error:
        raise MalformedParameterError(name, f"unable to parse param '{name}': {error}") from error


def parse_limit(parameters: Parameters, *, default: int) -> int:
    """How many traces are wanted, from 1 to MAX_SEARCH_DEPTH."""
    limit = parse_integer(parameters, "limit", default=default)
    if not 0 < limit <= MAX_SEARCH_DEPTH:
        raise MalformedParameterError("limit", f"{limit} is not from 1 to {MAX_SEARCH_DEPTH}")
    return limit


def parse_integer(parameters: Parameters, name: str, *, default: int) -> int:
    """A whole number of up to 18 digits."""
    text = parameters.get(name, "")
    if not text:
        return default
    if not _INTEGER.fullmatch(text):
        raise MalformedParameterError(
            name, f"unable to parse param '{name}': {text[:60]!r} is no whole number"
        )
    return int(text)


def parse_tags(parameters: Parameters) -> Mapping[str, str]:
    """`tag=key:value` and `tags={"key":"value"}`, each as often as one likes."""
    found: dict[str, str] = {}
    for text in parameters.getlist("tag"):
        key, colon, value = text.partition(":")
        if not colon:
            raise MalformedParameterError(
                "tag", f"malformed 'tag' parameter, expecting key:value, received: {text[:60]}"
            )
        found[key] = value
    for text in parameters.getlist("tags"):
        found.update(_json_tags(text))
    return found


def parse_bool(parameters: Parameters, name: str) -> bool:
    """A switch as Go spells it."""
    try:
        return parse_switch(parameters.get(name, ""))
    except ValueError as error:
        raise MalformedParameterError(name, f"unable to parse param '{name}': {error}") from error


def _json_tags(text: str) -> dict[str, str]:
    if not text:
        return {}
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedParameterError(
            "tags", f"malformed 'tags' parameter, cannot unmarshal JSON: {error}"
        ) from error
    if not isinstance(parsed, dict) or not all(isinstance(v, str) for v in parsed.values()):
        raise MalformedParameterError(
            "tags", "malformed 'tags' parameter, it is not an object of strings"
        )
    return parsed


def _within(nano: int) -> int:
    return min(max(nano, 0), MAX_NANO)
