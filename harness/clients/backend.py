"""Ask a trace backend, tracestore or Jaeger, about one service."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from harness.errors import BackendError
from harness.waiting import Pause
from otel_nplusone import Span, SpanKind
from otel_nplusone.errors import SourceError
from otel_nplusone.jaeger import Ask, JaegerApi, Reading, Stored, Window
from otel_nplusone.read import Skipped, statement_of


class Backend:
    """Read what one service has sent; raise BackendError if it cannot be read whole."""

    def __init__(self, address: str, service_name: str, *, pause: Pause = time.sleep) -> None:
        self._address = address
        self._pause = pause
        self._warnings = Skipped()
        self._api = JaegerApi(address, self._warnings)
        self._service_name = service_name

    def span_counts(self, start_ns: int, end_ns: int) -> dict[str, int]:
        """Return the number of the service's stored spans by trace id, of traces of that time."""
        found = self._whole(self._api.sizes, start_ns, end_ns)
        return {one.trace_id: one.spans_of.get(self._service_name, 0) for one in found}

    def spans(self, trace_id: str) -> list[Span]:
        """Return the stored spans of one trace; an empty list if it is unknown."""
        with self._asked():
            return self._api.trace(trace_id)

    def resource(self, trace_id: str) -> dict[str, str]:
        """Return the text attributes of the service's resource in a trace; {} if it is unknown."""
        with self._asked():
            return self._api.resource(trace_id, self._service_name)

    def spans_between(self, start_ns: int, end_ns: int) -> Iterator[Span]:
        """Yield the service's spans of all traces that are found in that time, each once."""
        for stored in self._whole(self._api.traces, start_ns, end_ns):
            yield from (span for span in stored.spans if span.service == self._service_name)

    def _whole(self, ask: Ask, start_ns: int, end_ns: int) -> Iterator[Stored]:
        window = Window(self._service_name, start_ns, end_ns)
        reading = Reading(ask, [window], whole=True, place=self._address, pause=self._pause)
        with self._asked():
            # Where nothing answers, this fails at once; a reading would give it time to come back.
            self._api.services()
            yield from reading.read()

    @contextmanager
    def _asked(self) -> Iterator[None]:
        try:
            yield
        except SourceError as error:
            raise BackendError(str(error)) from error
        if self._warnings:
            raise BackendError(f"{self._address}: {self._warnings.lines()[0]}")


def count_db_spans(spans: Iterable[Span]) -> int:
    """Count the spans of SQL statements, without checkouts of a connection (`connect`)."""
    return sum(
        span.kind == SpanKind.CLIENT and statement_of(span.attributes) is not None for span in spans
    )
