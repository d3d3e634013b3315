"""Find N+1 queries as the exporter `nplusone` of OTEL_TRACES_EXPORTER, which sends nothing away.

opentelemetry-distro makes it by its entry point, with a batch processor of its own next to those
of other exporters. It writes to stderr, or hands on to `otel-nplusone run`.
"""

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from otel_nplusone._core.detect import find_n_plus_one, is_incomplete
from otel_nplusone._core.model import Trace
from otel_nplusone._live.partial_traces import Pieces
from otel_nplusone._live.sdk_spans import to_model
from otel_nplusone._run.announce import Announcer, Judged
from otel_nplusone._run.engines import describe_engines, leave_engines
from otel_nplusone._run.wire import SOCKET_VARIABLE, Sender

log = logging.getLogger(__name__)


class Audience(Protocol):
    """Define who is told: a terminal, or the process that started this one."""

    def take(self, judged: Judged) -> None: ...
    def close(self) -> None: ...


class NPlusOneExporter(SpanExporter):
    """Put traces together and tell an audience what is in them."""

    def __init__(self, audience: Audience | None = None) -> None:
        describe_engines()
        self._audience = audience if audience is not None else _audience_of_env()
        self._pieces = Pieces()
        self._is_heard = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        for span in spans:
            context = span.get_span_context()
            if context is None:
                continue
            is_local_root = span.parent is None or span.parent.is_remote
            found = to_model(span, context)
            for trace in self._pieces.add(found, is_local_root=is_local_root):
                self._judge(trace)
        return SpanExportResult.SUCCESS if self._is_heard else SpanExportResult.FAILURE

    def shutdown(self) -> None:
        leave_engines()
        for trace in self._pieces.rest():
            self._judge(trace)
        self._audience.close()

    def _judge(self, trace: Trace) -> None:
        judged = Judged(find_n_plus_one(trace), len(trace.spans), is_incomplete(trace))
        try:
            self._audience.take(judged)
        except OSError as error:
            if self._is_heard:
                log.warning("Findings cannot be sent: %s. Later ones are dropped as well.", error)
            self._is_heard = False


def _audience_of_env() -> Audience:
    path = os.environ.get(SOCKET_VARIABLE)
    return Sender(Path(path)) if path else Announcer(sys.stderr)
