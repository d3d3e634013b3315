"""Ask Jaeger's query API, or whatever speaks it, by questions that are bounded in spans.

    api = JaegerApi("http://127.0.0.1:16686")
    for stored in Reading(api.traces, [Window("shop", start_ns, end_ns)], whole=True).read():
        ...                      # each trace of that time, once

A question loads every span of the traces that it finds into the backend's memory: `Reading` asks
for a short time first, and for more where that is safe.
"""

from otel_nplusone._read.http_json import NotFoundHereError, get_json
from otel_nplusone._read.jaeger_api import JaegerApi, Stored, Window
from otel_nplusone._read.search import Search
from otel_nplusone._read.windows import MOST_SPANS, Ask, Reading

__all__ = [
    "MOST_SPANS",
    "Ask",
    "JaegerApi",
    "NotFoundHereError",
    "Reading",
    "Search",
    "Stored",
    "Window",
    "get_json",
]
