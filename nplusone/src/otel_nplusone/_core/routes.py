"""Name an entry span by what it is for: a route, a path, a task, a queue.

GET /cats/<id>      http.route, with the method
GET /cats/{id}      a bare `GET`, by its path
reports.send        a consumer, by its task
orders              a consumer, by its queue
nightly             anything else, by the span's name
"""

from collections.abc import Mapping

from otel_nplusone._core import semconv
from otel_nplusone._core.calls import path_template, url_parts


def route(attributes: Mapping[str, object], span_name: str) -> str:
    """Return the name of what an entry span is for."""
    template = semconv.text(attributes, semconv.ROUTE)
    method = semconv.text(attributes, semconv.METHOD)
    if template:
        return f"{method} {template}" if method else template
    if method and span_name.upper() in (method.upper(), f"HTTP {method}".upper()):
        path = _path(attributes)
        return f"{method} {path}" if path else span_name
    named = semconv.text(attributes, semconv.TASK) or semconv.text(attributes, semconv.DESTINATION)
    return named or span_name


def _path(attributes: Mapping[str, object]) -> str:
    """Return a request's path with its ids left out: a name must not be another one each time."""
    url = semconv.text(attributes, semconv.URL_PATH) or semconv.text(attributes, semconv.URL)
    return path_template(url_parts(url)[1])
