"""Read attributes by meaning, in the old and the new semantic conventions.

https://opentelemetry.io/docs/specs/semconv/database/database-spans/
"""

import re
from collections.abc import Mapping
from functools import lru_cache

# Set in a running program: a salted hash of the bind values, the relationship that a lazy load was
# for (`Appointment.cat`), what else an ORM loads by itself (`deferred Cat.notes`), the way from the
# statement's line to the loop (`db.py:41 get_cat ← stories.py:63 cats_seen_at`), and why nobody
# wants to hear of the statement.
VALUES_HASH = "nplusone.values_hash"
RELATIONSHIP = "nplusone.relationship"
LOAD = "nplusone.load"
CODE_PATH = "nplusone.code.path"
IGNORED = "nplusone.ignored"

QUERY_TEXT = ("db.query.text", "db.statement")
QUERY_SUMMARY = ("db.query.summary",)
OPERATION = ("db.operation.name", "db.operation")
COLLECTION = (
    "db.collection.name",
    "db.sql.table",
    "db.mongodb.collection",
    "db.cassandra.table",
    "db.elasticsearch.path_parts.index",
    "db.stored_procedure.name",
)
SYSTEM = ("db.system.name", "db.system")
NAMESPACE = ("db.namespace", "db.name")
REDIS_INDEX = ("db.redis.database_index",)
RETURNED_ROWS = ("db.response.returned_rows",)
BATCH_SIZE = ("db.operation.batch.size", "db.redis.pipeline_length")
PARAMETERS = (
    "db.statement.parameters",
    "db.postgresql.values",
    "db.mysql.values",
    "pgx.query.parameters",
)
URL = ("url.full", "http.url")
URL_TEMPLATE = ("url.template",)
URL_PATH = ("url.path", "http.target")
HOST = ("server.address", "net.peer.name", "http.host", "peer.service")
PORT = ("server.port", "net.peer.port")
RESENDS = ("http.request.resend_count", "http.resend_count")
RPC_SYSTEM = ("rpc.system.name", "rpc.system")
RPC_SERVICE = ("rpc.service",)
RPC_METHOD = ("rpc.method",)
MESSAGING_SYSTEM = ("messaging.system",)
MESSAGING_OPERATION = (
    "messaging.operation.type",
    "messaging.operation.name",
    "messaging.operation",
)
MESSAGE_COUNT = ("messaging.batch.message_count",)
# Spans that stand for several: of the Collector's span pruning processor, and of Elastic's agents.
# https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/processor/spanpruningprocessor
# https://github.com/elastic/apm/blob/main/specs/agents/handling-huge-traces/tracing-spans-compress.md
FOLDED_COUNT = ("aggregation.span_count", "composite.count", "span.composite.count")
FOLDED_NS = {
    "aggregation.duration_total_ns": 1,
    "composite.sum": 1_000_000,
    "span.composite.sum": 1_000_000,
    "span.composite.sum.us": 1_000,
}
# Ours: how many different values all have that are like a folded span, those next to it included.
FOLDED_VALUES = "nplusone.distinct_values"
METHOD = ("http.request.method", "http.method")
ROUTE = ("http.route",)
DESTINATION = ("messaging.destination.name", "messaging.destination")
TASK = (
    "celery.task_name",
    "messaging.sidekiq.job_class",
    "messaging.resque.job_class",
    "messaging.delayed_job.name",
)
CODE_FUNCTION = ("code.function.name", "code.function")
CODE_FILE = ("code.file.path", "code.filepath")
CODE_LINE = ("code.line.number", "code.lineno")
QUERY_PARAMETER = "db.query.parameter."

# Where package managers put what others wrote: Cargo, Go, npm, pip, Bundler, Composer.
_OF_A_LIBRARY = re.compile(
    r"[/\\](?:registry[/\\]src|pkg[/\\]mod|node_modules|site-packages|dist-packages)[/\\]"
    r"|/gems/[\w.-]+-\d|/vendor/.*\.php$|^/rustc/"
)

_DATABASE = (
    *(QUERY_TEXT, QUERY_SUMMARY, OPERATION, COLLECTION, SYSTEM, NAMESPACE),
    *(REDIS_INDEX, BATCH_SIZE, PARAMETERS, RETURNED_ROWS),
)
_HTTP = (METHOD, ROUTE, URL, URL_TEMPLATE, URL_PATH, HOST, PORT, RESENDS)
_OTHER_CALLS = (
    *(RPC_SYSTEM, RPC_SERVICE, RPC_METHOD),
    *(DESTINATION, MESSAGING_SYSTEM, MESSAGING_OPERATION, MESSAGE_COUNT, TASK),
)
_CODE = (CODE_FUNCTION, CODE_FILE, CODE_LINE)
_FOLDED = (FOLDED_COUNT, tuple(FOLDED_NS))
WANTED = frozenset(
    {VALUES_HASH, RELATIONSHIP, LOAD, CODE_PATH, IGNORED, FOLDED_VALUES}.union(
        *_DATABASE, *_HTTP, *_OTHER_CALLS, *_CODE, *_FOLDED
    )
)


def is_wanted(key: str) -> bool:
    """Tell whether the detector reads this attribute; all others need not be decoded."""
    return key in WANTED or key.startswith(QUERY_PARAMETER)


def statement_of(attributes: Mapping[str, object]) -> str | None:
    """Return the text of a DB span's statement; None for any other span."""
    return next((str(attributes[key]) for key in QUERY_TEXT if key in attributes), None)


def stands_for(attributes: Mapping[str, object]) -> int:
    """Return how many spans a span stands for: itself, or those that were folded into it."""
    return max(1, number(attributes, FOLDED_COUNT) or 1)


def text(attributes: Mapping[str, object], keys: tuple[str, ...]) -> str:
    """Return the first of these attributes that is a text and not empty, or an empty text."""
    for key in keys:
        value = attributes.get(key)
        if isinstance(value, str) and value:
            return value
    return ""


def number(attributes: Mapping[str, object], keys: tuple[str, ...]) -> int | None:
    """Return the first of these attributes that is a whole number, or digits in a text."""
    for key in keys:
        value = attributes.get(key)
        if isinstance(value, int):
            return value
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
            return int(value)
    return None


def code_location(attributes: Mapping[str, object]) -> str | None:
    """Return `stories.py:41 in cats_of`, as much as is known; None for code of a library.

    Rust's tracing names the line of the library that made the span.
    """
    path, line = attributes.get(CODE_FILE[0]), attributes.get(CODE_LINE[0])
    function = attributes.get(CODE_FUNCTION[0])
    if path and function and type(path) is str and type(line) is int and type(function) is str:
        return _location(path, line, function)  # as most spans tell it, and each is asked
    return _location(
        text(attributes, CODE_FILE), number(attributes, CODE_LINE), text(attributes, CODE_FUNCTION)
    )


@lru_cache(maxsize=4096)
def _location(path: str, line: int | None, function: str) -> str | None:
    if _OF_A_LIBRARY.search(path):
        return None
    place = f"{path}:{line}" if path and line is not None else path
    if place and function:
        return f"{place} in {function}"
    return place or function or None
