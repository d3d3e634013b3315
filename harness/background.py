"""Do something in a thread of its own while a `with` block runs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseServer
from typing import Self

# How soon a server that is told to stop does so.
STOPS_WITHIN_S = 0.02


class Repeating:
    """Call `turn` every few seconds, the first time after that while."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._repeat, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _repeat(self) -> None:
        while not self._done.wait(self._every_s):
            self.turn()

    def turn(self) -> None:
        raise NotImplementedError


@contextmanager
def serving(server: BaseServer) -> Iterator[None]:
    """Let a server answer, and close it when the block ends."""
    with server:
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": STOPS_WITHIN_S}
        )
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
