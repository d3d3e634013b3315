"""Find N+1 queries in OpenTelemetry traces.

    from otel_nplusone import Trace, find_n_plus_one
    from otel_nplusone.scan import Wanted, scan

What a program may rely on is promised here and by the modules next to this one: `scan`, `read`,
`report` and `jaeger` for stored traces; `live`, `sqlalchemy` and `exporter` in a running program;
`pytest_plugin` in tests; `errors` for all of them. What begins with an underscore may change.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from otel_nplusone.version import __version__

if TYPE_CHECKING:
    from otel_nplusone._core.advice import advise
    from otel_nplusone._core.detect import find_n_plus_one
    from otel_nplusone._core.fingerprint import fingerprint
    from otel_nplusone._core.ignoring import ignore
    from otel_nplusone._core.model import (
        Entry,
        Finding,
        Kind,
        RepeatClass,
        Repeats,
        Span,
        SpanKind,
        Trace,
    )

__all__ = [
    "Entry",
    "Finding",
    "Kind",
    "RepeatClass",
    "Repeats",
    "Span",
    "SpanKind",
    "Trace",
    "__version__",
    "advise",
    "find_n_plus_one",
    "fingerprint",
    "ignore",
]

_ELSEWHERE = {
    "advise": "advice",
    "find_n_plus_one": "detect",
    "fingerprint": "fingerprint",
    "ignore": "ignoring",
}


def __getattr__(name: str) -> object:
    """Import a promised name when it is asked for: `otel-nplusone --version` needs none of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"otel_nplusone._core.{_ELSEWHERE.get(name, 'model')}")
    return getattr(module, name)


def __dir__() -> list[str]:
    """List the promised names."""
    return sorted(__all__)
