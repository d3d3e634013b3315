"""Show on stderr how far a long read is: in place on a terminal, by a line elsewhere."""

import sys
import time
from collections.abc import Iterable, Iterator

from otel_nplusone._core.model import Span

_EVERY_SPANS = 20_000
_TERMINAL_S, _LOG_S = 0.5, 10.0


def counted(spans: Iterable[Span]) -> Iterator[Span]:
    """Hand spans on and say how many there were, at first after a while."""
    is_terminal = sys.stderr.isatty()
    period = _TERMINAL_S if is_terminal else _LOG_S
    due = time.monotonic() + period
    count = 0
    for span in spans:
        yield span
        count += 1
        if count % _EVERY_SPANS == 0 and time.monotonic() >= due:
            due = time.monotonic() + period
            _say(f"read {count:,} spans …", in_place=is_terminal)
    if is_terminal and count >= _EVERY_SPANS:
        _say("\x1b[K", in_place=True)


def _say(text: str, *, in_place: bool) -> None:
    print(text, end="\r" if in_place else "\n", file=sys.stderr, flush=True)
