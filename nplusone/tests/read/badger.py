"""Search as Jaeger on Badger does, over traces that are drawn when asked for.

search      every trace of which a span of the service begins in the window, those with the
            newest such span first, cut at the depth; each is loaded with all of its spans
summaries   the same: the query service loads whole traces and counts them
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from nplusone.tests.backends import NOT_FOUND, Answer, Query, as_json, backend
from nplusone.tests.formats import otlp_json
from nplusone.tests.traces import MS, Drawing
from otel_nplusone._core.model import Span

SECOND = 1_000 * MS
MINUTE = 60 * SECOND
NOW = time.time_ns()
SERVICE = "clinic"
CAT = "SELECT cat.name FROM cat WHERE cat.id = ?"


@dataclass(frozen=True, slots=True)
class Drawn:
    """Describe a request that sends `size - 1` statements at even distances."""

    number: int
    start_ns: int
    size: int
    duration_ns: int

    @property
    def trace_id(self) -> str:
        return f"{self.number + 1:032x}"

    def newest_in(self, start_ns: int, end_ns: int) -> int | None:
        """Return when the last of its spans within a window begins."""
        step = self.duration_ns // self.size
        last = min((end_ns - self.start_ns) // step, self.size - 1)
        newest = self.start_ns + last * step
        return newest if last >= 0 and newest >= start_ns else None

    def spans(self) -> list[Span]:
        step = self.duration_ns // self.size
        drawing = Drawing(trace_id=self.trace_id, start=self.start_ns)
        root = drawing.server("/cats", ms=self.duration_ns / MS)
        for number in range(1, self.size):
            drawing.sql(root, CAT, ms=step / MS / 2, start=self.start_ns + number * step)
        return drawing.spans


@dataclass(slots=True)
class Badger:
    """Count the spans that each question loads; fail those that load more than it bears."""

    traces: Sequence[Drawn]
    has_summaries: bool = True
    bears: int = 10**9
    failure: Answer | None = None
    url: str = ""
    loaded: list[int] = field(default_factory=list)

    def answer(self, path: str, query: Query) -> Answer | None:
        if path == "/api/v3/services":
            return as_json({"services": [SERVICE]})
        summarize = path == "/api/v3/trace-summaries"
        if summarize and not self.has_summaries:
            return NOT_FOUND
        found = self._find(query)
        self.loaded.append(sum(one.size for one in found))
        if self.loaded[-1] > self.bears:
            return self.failure
        if summarize:
            return as_json({"summaries": [_summary(one) for one in found]})
        if not found:
            return NOT_FOUND
        resources = ", ".join(map(_resources, found))
        return 200, "application/json", f'{{"result": {{"resourceSpans": [{resources}]}}}}'

    def _find(self, query: Query) -> list[Drawn]:
        start_ns, end_ns = (_ns(query[f"query.start_time_{edge}"]) for edge in ("min", "max"))
        touching = [(one.newest_in(start_ns, end_ns), one) for one in self.traces]
        newest = sorted(
            ((at_ns, one.number, one) for at_ns, one in touching if at_ns is not None),
            reverse=True,
        )
        return [one for _, _, one in newest[: int(query["query.search_depth"])]]


def load(
    ago_ns: int, seconds: float, *, per_second: float, size: int, lasts_s: float, first: int = 0
) -> list[Drawn]:
    """Draw traces that begin at even distances, from so long ago on."""
    return [
        Drawn(
            first + number,
            NOW - ago_ns + round(number / per_second * SECOND),
            size,
            round(lasts_s * SECOND),
        )
        for number in range(round(seconds * per_second))
    ]


@contextmanager
def serving(badger: Badger) -> Iterator[Badger]:
    """Serve it until the block ends."""
    with backend(badger.answer) as served:
        badger.url = served.url
        yield badger


@lru_cache(maxsize=256)
def _resources(one: Drawn) -> str:
    """Return a trace's part of an answer, which is drawn once however often it is asked for."""
    return json.dumps(otlp_json(one.spans())["resourceSpans"])[1:-1]


def _summary(one: Drawn) -> dict[str, object]:
    return {
        "traceId": one.trace_id,
        "minStartTimeUnixNano": str(one.start_ns),
        "maxEndTimeUnixNano": str(one.start_ns + one.duration_ns),
        "spanCount": one.size,
        "services": [{"name": SERVICE, "spanCount": one.size}],
    }


def _ns(text: str) -> int:
    seconds, _, fraction = text.removesuffix("Z").partition(".")
    return int(datetime.fromisoformat(f"{seconds}+00:00").timestamp()) * SECOND + int(fraction)
