"""Describe the DB spans of all other libraries of a program whose code is not touched."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from otel_nplusone._live.fence import fenced
from otel_nplusone._run.libraries import is_instrumented

_DJANGO = "django"  # its spans are those of whichever driver it has
_DRIVERS = ("psycopg", "asyncpg")


@fenced
def describe_drivers(provider: Any) -> None:
    """Describe what Django and drivers send, and tell the place of any other DB span."""
    # Imported late: it needs the SDK, which may be missing.
    from otel_nplusone._live.db_spans import DbSpanProcessor

    provider.add_span_processor(DbSpanProcessor())
    for name in (_DJANGO, *filter(is_instrumented, _DRIVERS)):
        if find_spec(name) is not None:
            import_module(f"otel_nplusone.{name}").instrument()
