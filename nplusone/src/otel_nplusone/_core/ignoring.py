"""Leave out of all findings what somebody knows to repeat, and says why.

    with ignore("the importer reads a row at a time, nightly"):
        import_rows()

    @ignore("three settings at most")
    def settings(): ...

Statements within it are sent, traced and counted as ever; their spans tell `nplusone.ignored`, and
the detector passes them over.
"""

from collections.abc import Callable
from contextvars import ContextVar, Token
from functools import wraps
from inspect import iscoroutinefunction
from types import TracebackType
from typing import ParamSpec, TypeVar, cast

from otel_nplusone.errors import UsageError

_reason: ContextVar[str] = ContextVar("otel_nplusone.ignore", default="")

P = ParamSpec("P")
R = TypeVar("R")


def ignored_because() -> str:
    """Return why what is sent now is ignored, empty where it is not."""
    return _reason.get()


class ignore:  # noqa: N801  # used like a function: a context manager and a decorator
    """Ignore what this thread or task sends meanwhile; threads that it starts are not meant."""

    def __init__(self, why: str) -> None:
        """Take the reason; UsageError where there is none: a reader would have to guess it."""
        if not isinstance(why, str) or not why.strip():
            raise UsageError(f"ignore({why!r}): say why, as in ignore('three settings at most')")
        self.why = why
        self._tokens: list[Token[str]] = []

    def __enter__(self) -> "ignore":
        self._tokens.append(_reason.set(self.why))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _reason.reset(self._tokens.pop())

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Wrap a function or a coroutine function."""
        why = self.why
        if iscoroutinefunction(function):

            @wraps(function)
            async def waiting(*args: P.args, **kwargs: P.kwargs) -> object:
                with ignore(why):
                    return await function(*args, **kwargs)

            return cast(Callable[P, R], waiting)

        @wraps(function)
        def calling(*args: P.args, **kwargs: P.kwargs) -> R:
            with ignore(why):
                return function(*args, **kwargs)

        return calling
