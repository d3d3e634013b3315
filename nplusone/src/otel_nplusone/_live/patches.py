"""Put functions in the place of a class's, and take them out again."""

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from otel_nplusone._live.db_spans import announced
from otel_nplusone._live.described import Parameters

_MARK = "_otel_nplusone_original"
# From the call's arguments to the statement and its values.
Read = Callable[..., tuple[str, Parameters | None]]


def patch(methods: Mapping[tuple[type, str], Read], *, awaited: bool = False) -> None:
    """Let these methods announce what they send; a second time changes nothing.

    awaited: what they return is awaited, though their code may not say so.
    """
    for (owner, name), read in methods.items():
        original = owner.__dict__.get(name)
        if original is not None and not _ours(original):
            is_async = awaited or iscoroutinefunction(original)
            setattr(owner, name, _announcing(original, read, is_async=is_async))


def unpatch(methods: Mapping[tuple[type, str], Read]) -> None:
    """Put the originals back where nobody has put another function in between."""
    for owner, name in methods:
        original = _ours(owner.__dict__.get(name))
        if original is not None:
            setattr(owner, name, original)


def _ours(function: Any) -> Any:
    """Return the original behind a function of ours, None if it is somebody else's."""
    return getattr(function, "__dict__", {}).get(_MARK)


def _announcing(original: Any, read: Read, *, is_async: bool) -> Any:
    """Return a method that announces; the original is bound first, as wrapt's wrappers want it."""
    if is_async:

        @wraps(original)
        async def waiting(self: Any, *args: Any, **kwargs: Any) -> Any:
            with announced(read, self, *args, **kwargs):
                return await original.__get__(self, type(self))(*args, **kwargs)

        setattr(waiting, _MARK, original)
        return waiting

    @wraps(original)
    def calling(self: Any, *args: Any, **kwargs: Any) -> Any:
        with announced(read, self, *args, **kwargs):
            return original.__get__(self, type(self))(*args, **kwargs)

    setattr(calling, _MARK, original)
    return calling
