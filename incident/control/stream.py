"""Send a page what has changed, as server-sent events, until it leaves or the replay ends.

event: hello      data: {"page": "…"}          which run this is: a page of another one reloads
event: fragments  data: {"id": "<p>…", …}      only those that changed, twice a second at most
: here                                         while nothing changes: a browser that left shows
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping

EVERY_S = 0.5
HEARTBEAT_S = 5.0


def stream(
    draw: Callable[[], Mapping[str, str]],
    closing: threading.Event,
    page: str,
    *,
    heartbeat_s: float = HEARTBEAT_S,
) -> Iterator[str]:
    """Yield events until `closing` is set, or the server finds that the browser has left."""
    yield "retry: 2000\n" + event("hello", {"page": page})
    sent: dict[str, str] = {}
    told = time.monotonic()
    while not closing.is_set():
        fragments = draw()
        changed = {name: html for name, html in fragments.items() if sent.get(name) != html}
        if changed:
            yield event("fragments", changed)
            sent.update(changed)
            told = time.monotonic()
        elif time.monotonic() - told >= heartbeat_s:
            yield ": here\n\n"
            told = time.monotonic()
        closing.wait(EVERY_S)


def event(name: str, data: Mapping[str, str]) -> str:
    """Write one event; JSON has no line break that could end it early."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
