"""Assemble whole traces from spans in any order, in bounded memory.

    spans ──► 512 partitions by trace id ──► (too many) ──► one temporary file
                                                                  │
    traces ◄── a partition at a time, sorted into traces ◄────────┘

A trace can only be judged when all of its spans are there, and a file says nowhere that a trace
is whole: so everything is read before the first trace leaves. Spans past MOST_SPANS in memory go
to the file, so that memory does not depend on the size of what is read.
"""

import marshal
import tempfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO, Self

from otel_nplusone._core.model import Span, Trace

MOST_SPANS = 100_000
# A trace that is larger is a mistake of an instrumentation, and could take all memory there is.
MOST_SPANS_OF_A_TRACE = 250_000
_PARTITIONS = 512


class Assembler:
    """Take spans and give traces, once; a context manager, because of its temporary file.

    `spans_read` are all, `spans_left_out` those past MOST_SPANS_OF_A_TRACE in one trace; both are
    known when the traces have been given.
    """

    def __init__(self, most_spans: int = MOST_SPANS) -> None:
        self.spans_read = 0
        self.spans_left_out = 0
        self._most_spans = most_spans
        self._held: dict[str, list[Span]] = defaultdict(list)
        self._held_count = 0
        self._file: IO[bytes] | None = None
        self._pieces: dict[int, list[tuple[int, int]]] = defaultdict(list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, spans: Iterable[Span]) -> None:
        """Take spans, of any trace and in any order."""
        held = self._held
        left = self._most_spans - self._held_count
        for span in spans:
            held[span[0]].append(span)
            left -= 1
            if left <= 0:
                self._held_count = self._most_spans
                self._spill()
                left = self._most_spans
        self._held_count = self._most_spans - left

    def traces(self) -> Iterator[Trace]:
        """Yield all traces, by partition; nothing can be added any more."""
        if self._file is None:
            self.spans_read += self._held_count
            yield from _as_traces(self._held)
            return
        self._spill()
        for partition in sorted(self._pieces):
            yield from _as_traces(self._load(partition))

    def _spill(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  # __exit__ closes it
        by_partition: dict[int, list[list[Span]]] = defaultdict(list)
        for trace_id, spans in self._held.items():
            by_partition[_partition(trace_id)].append(spans)
        for partition, traces in by_partition.items():
            # Plain tuples, which marshal writes three times as fast as pickle.
            piece = marshal.dumps([tuple(span) for span in chain.from_iterable(traces)])
            self._pieces[partition].append((self._file.tell(), len(piece)))
            self._file.write(piece)
        self.spans_read += self._held_count
        self._held.clear()
        self._held_count = 0

    def _load(self, partition: int) -> dict[str, list[Span]]:
        assert self._file is not None
        found: dict[str, list[Span]] = defaultdict(list)
        for start, size in self._pieces[partition]:
            self._file.seek(start)
            for fields in marshal.loads(self._file.read(size)):  # we wrote it ourselves
                spans = found[fields[0]]
                if len(spans) < MOST_SPANS_OF_A_TRACE:
                    spans.append(Span._make(fields))
                else:
                    self.spans_left_out += 1
        return found


def _partition(trace_id: str) -> int:
    return zlib.crc32(trace_id.encode("utf-8", "surrogatepass")) % _PARTITIONS


def _as_traces(held: dict[str, list[Span]]) -> Iterator[Trace]:
    while held:
        trace_id, spans = held.popitem()
        yield Trace(trace_id, tuple(spans))
