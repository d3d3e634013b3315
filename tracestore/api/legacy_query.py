"""Read the parameters of Jaeger's older API, which its UI uses.

    service=NAME operation=NAME tags={"key":"value"} tag=key:value
    start=µs end=µs minDuration=1.5s maxDuration=2m limit=20 traceID=HEX (more than once)

Without start it looks back two days, as Jaeger does; without end it looks until now.
"""

import time

from tracestore.api.parameters import (
    Parameters,
    duration_nano,
    limit,
    micro_time,
    parse,
    parse_text,
    quoted,
    require,
    string_map,
    whole_number,
    within,
)
from tracestore.errors import MalformedParameterError
from tracestore.store.search import DEFAULT_LIMIT, SearchQuery

_LOOKBACK_NANO = 2 * 24 * 3600 * 10**9
# What Jaeger looks back for the dependencies between services.
_DEPENDENCIES_LOOKBACK_MS = 24 * 3600 * 1000


def parse_legacy_query(given: Parameters) -> SearchQuery:
    """Read a search; MalformedParameterError names the parameter that cannot be read."""
    start, end = parse_time_range(given)
    shortest, longest = parse_durations(given)
    if shortest and longest and longest < shortest:
        raise MalformedParameterError("maxDuration", "it must not be less than minDuration")
    return SearchQuery(
        service=require(given, "service", str),
        operation=given.get("operation", ""),
        start_time_min_unix_nano=start,
        start_time_max_unix_nano=end,
        duration_min_nano=shortest,
        duration_max_nano=longest,
        attributes=parse_tags(given),
        limit=parse(given, "limit", limit, DEFAULT_LIMIT),
    )


def parse_time_range(given: Parameters) -> tuple[int, int]:
    """Read `start` and `end`; the default is the two days up to now."""
    now = time.time_ns()
    start = parse(given, "start", micro_time, now - _LOOKBACK_NANO)
    return start, parse(given, "end", micro_time, now)


def parse_dependencies_range(given: Parameters) -> tuple[int, int]:
    """Read `endTs` and `lookback`, which are in milliseconds."""
    end = parse(given, "endTs", whole_number, time.time_ns() // 10**6)
    lookback = parse(given, "lookback", whole_number, _DEPENDENCIES_LOOKBACK_MS)
    return within((end - lookback) * 10**6), within(end * 10**6)


def parse_durations(given: Parameters) -> tuple[int | None, int | None]:
    """Read `minDuration` and `maxDuration`; zero means any, as a missing one does."""
    shortest, longest = (
        parse(given, name, duration_nano, None) for name in ("minDuration", "maxDuration")
    )
    return shortest or None, longest or None


def parse_tags(given: Parameters) -> dict[str, str]:
    """Read every `tag=key:value` and `tags={"key":"value"}`."""
    found: dict[str, str] = {}
    for text in given.getlist("tag"):
        key, colon, value = text.partition(":")
        if not colon:
            raise MalformedParameterError("tag", f"{quoted(text)} is not key:value")
        found[key] = value
    for text in filter(None, given.getlist("tags")):
        found |= parse_text("tags", text, string_map)
    return found
