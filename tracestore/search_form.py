"""What the list of traces is asked for, under the names that Jaeger's UI gives it.

    /search?service=&operation=&tags=error=true key="a b"&minDuration=1s&maxDuration=&lookback=1h
            &start=µs&end=µs&limit=50&sort=spans|longest|newest

Tags are logfmt as people type it, or JSON as Jaeger's UI writes it into a link.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from tracestore.errors import MalformedParameterError
from tracestore.legacy_query import (
    Parameters,
    parse_integer,
    parse_length,
    parse_limit,
    parse_tags,
)
from tracestore.query import MAX_NANO, Order, SearchQuery

ORDERS: tuple[Order, ...] = ("spans", "longest", "newest")
LOOKBACKS: Mapping[str, int] = {"5m": 300, "1h": 3600, "6h": 6 * 3600, "1d": 86400, "7d": 604800}
DEFAULT_LENGTH = 50

# key=value or key="a value", with backslashes before quotes in it.
_TAG = re.compile(r'\s*([^\s="]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))(?=\s|$)')


@dataclass(frozen=True, slots=True)
class SearchForm:
    """The query, and the fields as they were filled in."""

    query: SearchQuery
    fields: Mapping[str, str]


def parse_search_form(parameters: Parameters) -> SearchForm:
    """Read the page's parameters; MalformedParameterError names the one that cannot be read."""
    start, end = _times(parameters)
    query = SearchQuery(
        service=parameters.get("service", ""),
        operation=_operation(parameters),
        start_time_min_unix_nano=start,
        start_time_max_unix_nano=end,
        duration_min_nano=parse_length(parameters, "minDuration"),
        duration_max_nano=parse_length(parameters, "maxDuration"),
        attributes=_tags(parameters),
        limit=parse_limit(parameters, default=DEFAULT_LENGTH),
        order=_order(parameters.get("sort", ORDERS[0])),
    )
    return SearchForm(query, parameters.to_dict())


def parse_logfmt(text: str) -> dict[str, str]:
    """Tags as people type them: error=true http.route="/a b"; ValueError says what is not one."""
    found = {}
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TAG.match(text, at)
        if match is None:
            raise ValueError(f'{text[at:].strip()[:60]!r} is not key=value or key="a value"')
        key, quoted, plain = match.groups()
        found[key] = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        at = match.end()
    return found


def _operation(parameters: Parameters) -> str:
    """Jaeger's UI says "all" for any."""
    operation = parameters.get("operation", "")
    return "" if operation == "all" else operation


def _times(parameters: Parameters) -> tuple[int, int]:
    if parameters.get("start") or parameters.get("end"):
        start = parse_integer(parameters, "start", default=0) * 1000
        end = parse_integer(parameters, "end", default=MAX_NANO // 1000) * 1000
        return min(max(start, 0), MAX_NANO), min(max(end, 0), MAX_NANO)
    lookback = parameters.get("lookback", "")
    if lookback in ("", "custom"):
        return 0, MAX_NANO
    if lookback not in LOOKBACKS:
        raise MalformedParameterError(
            "lookback", f"{lookback[:60]!r} is none of {', '.join(LOOKBACKS)}"
        )
    return time.time_ns() - LOOKBACKS[lookback] * 10**9, MAX_NANO


def _tags(parameters: Parameters) -> Mapping[str, str]:
    text = parameters.get("tags", "")
    if text.lstrip().startswith("{"):
        return parse_tags(parameters)
    try:
        return parse_logfmt(text)
    except ValueError as error:
        raise MalformedParameterError("tags", str(error)) from error


def _order(text: str) -> Order:
    order = next((order for order in ORDERS if order == text), None)
    if order is None:
        raise MalformedParameterError("sort", f"{text[:60]!r} is none of {', '.join(ORDERS)}")
    return order
