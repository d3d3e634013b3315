"""Read the parameters of Jaeger's query API, version 3.

Jaeger 2.20 takes `query.serviceName`; earlier versions took `query.service_name`. Both are read,
the newer first. Times are RFC 3339 with up to nine decimals, durations Go's ("1.5s", "1h2m").
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from tracestore.api.parameters import (
    duration_nano,
    limit,
    parse,
    require,
    string_map,
    switch,
    time_nano,
    within,
)
from tracestore.errors import MalformedParameterError
from tracestore.store.search import DEFAULT_LIMIT, SearchQuery

T = TypeVar("T")
D = TypeVar("D")


def parse_search_query(given: Mapping[str, str]) -> SearchQuery:
    """Read a search; MalformedParameterError names the parameter that cannot be read."""
    query = _Spellings(given, prefix="query.")
    start, end = query.time_range("start_time_min", "start_time_max")
    query.parse("raw_traces", switch, False)
    return SearchQuery(
        service=query.text("service_name"),
        operation=query.text("operation_name"),
        start_time_min_unix_nano=start,
        start_time_max_unix_nano=end,
        duration_min_nano=query.parse("duration_min", duration_nano, None),
        duration_max_nano=query.parse("duration_max", duration_nano, None),
        attributes=query.parse("attributes", string_map, {}),
        # Before version 2.20 the depth was called a number of traces.
        limit=query.parse("search_depth", limit, None)
        or query.parse("num_traces", limit, DEFAULT_LIMIT),
    )


def check_trace_parameters(given: Mapping[str, str]) -> None:
    """Refuse malformed parameters of one trace, which do not change the answer.

    The times are a hint for stores that keep days apart. Every trace is raw here: it is given as
    it came.
    """
    query = _Spellings(given)
    query.parse("start_time", time_nano, None)
    query.parse("end_time", time_nano, None)
    query.parse("raw_traces", switch, False)


def parse_dependencies_times(given: Mapping[str, str]) -> tuple[int, int]:
    """Read both times of a question for dependencies; both are required."""
    return _Spellings(given).time_range("start_time", "end_time")


def parse_operations_query(given: Mapping[str, str]) -> tuple[str, str]:
    """Read the service and the span kind whose operations are wanted."""
    query = _Spellings(given)
    return query.text("service") or query.text("service_name"), query.text("span_kind")


class _Spellings:
    """Read parameters that have two spellings, by the one in snake case."""

    def __init__(self, given: Mapping[str, str], *, prefix: str = "") -> None:
        self._given = given
        self._prefix = prefix

    def text(self, snake: str) -> str:
        return self._given.get(self._name(snake), "")

    def parse(self, snake: str, read: Callable[[str], T], default: D) -> T | D:
        return parse(self._given, self._name(snake), read, default)

    def time_range(self, start: str, end: str) -> tuple[int, int]:
        names = self._name(start), self._name(end)
        begin, until = (require(self._given, name, time_nano) for name in names)
        if begin >= until:
            raise MalformedParameterError(names[0], f"it must be before {names[1]}")
        return within(begin), within(until)

    def _name(self, snake: str) -> str:
        """Return the spelling that is used, the newer one if both or neither are."""
        first, *rest = snake.split("_")
        camel = self._prefix + first + "".join(word.capitalize() for word in rest)
        snake = self._prefix + snake
        return snake if not self._given.get(camel) and snake in self._given else camel
