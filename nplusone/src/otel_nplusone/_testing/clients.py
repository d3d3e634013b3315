"""Tell the requests of a test apart: what repeats in five of them is not a loop of the application.

The test clients of Flask, Django, Starlette and FastAPI, and the clients of servers that a test has
started, are wrapped where they are imported; each request has a number while it is under way.
"""

import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import Any

from otel_nplusone._live.fence import fenced

_CLIENTS = (
    ("werkzeug.test", "Client", "open"),
    ("django.test.client", "Client", "request"),
    ("django.test.client", "AsyncClient", "request"),
    ("httpx", "Client", "send"),
    ("httpx", "AsyncClient", "send"),
    ("requests", "Session", "send"),
    ("urllib.request", "OpenerDirector", "open"),
    ("webtest", "TestApp", "do_request"),
)
_numbers = count(1)
_current: ContextVar[int] = ContextVar("otel_nplusone_request", default=0)
# For threads of a server, which do not have the context of the test that asks them.
_latest = 0


def request_number() -> int:
    """Return the number of the request that is under way, 0 for the test itself."""
    return _current.get() or _latest


@fenced
def tell_requests_apart() -> None:
    """Wrap the clients that are imported by now, each once."""
    for module, name, method in _CLIENTS:
        client = getattr(sys.modules.get(module), name, None)
        sends = getattr(client, method, None)
        if client is not None and sends is not None and not hasattr(sends, "is_numbered"):
            setattr(client, method, _numbered(sends))


def _numbered(sends: Callable[..., Any]) -> Callable[..., Any]:
    """Return the same function, which numbers the request while it is under way."""
    if inspect.iscoroutinefunction(sends):

        @functools.wraps(sends)
        async def send_later(*args: Any, **kwargs: Any) -> Any:
            with _under_way():
                return await sends(*args, **kwargs)

        found: Callable[..., Any] = send_later
    else:

        @functools.wraps(sends)
        def send(*args: Any, **kwargs: Any) -> Any:
            with _under_way():
                return sends(*args, **kwargs)

        found = send
    found.is_numbered = True  # type: ignore[attr-defined]  # what is looked for before
    return found


@contextmanager
def _under_way() -> Iterator[None]:
    global _latest
    before, number = _latest, next(_numbers)
    token = _current.set(number)
    _latest = number
    try:
        yield
    finally:
        _latest = before
        _current.reset(token)
