"""Keep our faults away from the program that is watched.

    @fenced                       the program calls it; a fault is logged once, and the call
    def _describe(connection):    returns None
        ...

Each place where a program, the SDK, SQLAlchemy or pytest calls into this package is fenced.
`nplusone/tests/test_fence.py` finds them all by itself, and throws exceptions inside.
"""

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

_told: set[str] = set()


def fenced(hook: Callable[P, R]) -> Callable[P, R | None]:
    """Return a function that does the same, and returns None where that fails."""

    @functools.wraps(hook)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R | None:
        try:
            return hook(*args, **kwargs)
        except Exception:
            tell_once(f"{hook.__module__}.{hook.__qualname__}")
            return None

    inside.is_fenced = True  # type: ignore[attr-defined]  # what the test looks for
    return inside


def tell_once(name: str) -> None:
    """Log the exception that is being handled, the first time that one comes from there."""
    if name in _told:
        return
    _told.add(name)
    log.exception(
        "otel-nplusone failed in %s: the program goes on, and less of it is watched. "
        "Later faults in there are not logged.",
        name,
    )


def forget() -> None:
    """Log the next fault of each place again."""
    _told.clear()
