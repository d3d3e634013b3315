"""Read the form above the list of traces; its fields have the names that Jaeger's UI gives them.

    /search?service=&operation=&tags=error=true key="a b"&minDuration=1s&maxDuration=&lookback=1h
            &start=µs&end=µs&limit=50&sort=newest|longest|spans&variant=core

`variant` is our own: what the roots of traces say of themselves.

Tags are logfmt as people type it, or JSON as Jaeger's UI writes it into a link.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from tracestore.api.legacy_query import parse_durations, parse_tags
from tracestore.api.parameters import Parameters, limit, micro_time, one_of, parse, quoted
from tracestore.store.search import Order, SearchQuery
from tracestore.store.spans import MAX_NANO

ORDERS: tuple[Order, ...] = ("newest", "longest", "spans")
LOOKBACKS: Mapping[str, int] = {"5m": 300, "1h": 3600, "6h": 6 * 3600, "1d": 86400, "7d": 604800}
_DEFAULT_LIMIT = 50

# key=value or key="a value", with backslashes before quotes in it.
_TAG = re.compile(r'\s*([^\s="]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))(?=\s|$)')


@dataclass(frozen=True, slots=True)
class SearchForm:
    """Hold the query, and the fields as they were filled in."""

    query: SearchQuery
    fields: Mapping[str, str]


def parse_search_form(given: Parameters) -> SearchForm:
    """Read the form; MalformedParameterError names the field that cannot be read."""
    start, end = _times(given)
    shortest, longest = parse_durations(given)
    operation = given.get("operation", "")
    query = SearchQuery(
        service=given.get("service", ""),
        operation="" if operation == "all" else operation,  # as Jaeger's UI says for any
        start_time_min_unix_nano=start,
        start_time_max_unix_nano=end,
        duration_min_nano=shortest,
        duration_max_nano=longest,
        attributes=_tags(given),
        variant=given.get("variant", ""),
        limit=parse(given, "limit", limit, _DEFAULT_LIMIT),
        order=parse(given, "sort", one_of(ORDERS), ORDERS[0]),
    )
    return SearchForm(query, given.to_dict())


def parse_logfmt(text: str) -> dict[str, str]:
    """Read tags as people type them: error=true http.route="/a b"; raise ValueError otherwise."""
    found = {}
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TAG.match(text, at)
        if match is None:
            raise ValueError(f'{quoted(text[at:].strip())} is not key=value or key="a value"')
        key, in_quotes, plain = match.groups()
        found[key] = plain if in_quotes is None else re.sub(r"\\(.)", r"\1", in_quotes)
        at = match.end()
    return found


def _times(given: Parameters) -> tuple[int, int]:
    if given.get("start") or given.get("end"):
        return parse(given, "start", micro_time, 0), parse(given, "end", micro_time, MAX_NANO)
    lookback = parse(given, "lookback", one_of([*LOOKBACKS, "custom"]), "custom")
    if lookback == "custom":
        return 0, MAX_NANO
    return time.time_ns() - LOOKBACKS[lookback] * 10**9, MAX_NANO


def _tags(given: Parameters) -> Mapping[str, str]:
    if given.get("tags", "").lstrip().startswith("{"):
        return parse_tags(given)
    return parse(given, "tags", parse_logfmt, {})
