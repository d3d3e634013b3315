"""Prepare one trace for its page: lay it out, sum it up, and write the data that the page draws."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tracestore.findings import Judgement, TraceFinding
from tracestore.pages._critical_path import critical_path
from tracestore.pages._statements import (
    Repetition,
    Statement,
    distinct_statements,
    find_repetitions,
)
from tracestore.pages._waterfall import Folding, RunRow, Waterfall, WaterfallSpan, lay_out
from tracestore.store.reader import StoredSpans
from tracestore.store.spans import statement_of

# How many colours for services the style sheet has.
_COLORS = 6


@dataclass(frozen=True, slots=True)
class TraceView:
    """Hold what the template needs of a trace; `data` is for the page's script."""

    waterfall: Waterfall
    spans: Sequence[WaterfallSpan]
    statements: Sequence[Statement]
    findings: Sequence[TraceFinding]
    repetitions: Sequence[Repetition]
    data: dict[str, Any]

    @property
    def error_count(self) -> int:
        return sum(span.is_error for span in self.spans)

    @property
    def statement_count(self) -> int:
        return sum(statement.count for statement in self.statements)

    @property
    def statement_share(self) -> float:
        """Return the share of the request's time that is spent in statements; at most 1."""
        total = sum(statement.total_nano for statement in self.statements)
        return min(self.waterfall.share(total), 1.0)

    @property
    def services(self) -> list[str]:
        names: list[str] = self.data["services"]
        return names


def view_trace(
    parts: Sequence[StoredSpans], folding: Folding = "alike", *, judge: bool = True
) -> TraceView:
    """Lay out a stored trace of at least one span; without `judge` say nothing of what is wrong."""
    spans = waterfall_spans(parts)
    waterfall = lay_out(spans, folding)
    return TraceView(
        waterfall=waterfall,
        spans=spans,
        statements=distinct_statements(spans),
        findings=Judgement(parts).shown() if judge else (),
        repetitions=find_repetitions(spans) if judge else (),
        data=_data(waterfall, spans),
    )


def waterfall_spans(parts: Iterable[StoredSpans]) -> list[WaterfallSpan]:
    """Read what the pages need of a trace's spans."""
    return [
        _waterfall_span(part.service, Span.FromString(body))
        for part in parts
        for body in part.spans
    ]


def _waterfall_span(service: str, span: Span) -> WaterfallSpan:
    return WaterfallSpan(
        span_id=span.span_id.hex(),
        parent_span_id=span.parent_span_id.hex(),
        service=service,
        name=span.name,
        start_nano=span.start_time_unix_nano,
        end_nano=span.end_time_unix_nano,
        statement=statement_of(span),
        is_error=span.status.code == Status.STATUS_CODE_ERROR,
    )


class _Numbers:
    """Number texts in order of their first use."""

    def __init__(self, first: Iterable[str] = ()) -> None:
        self._numbers: dict[str, int] = {}
        for text in first:
            self.of(text)

    def of(self, text: str) -> int:
        return self._numbers.setdefault(text, len(self._numbers))

    def texts(self) -> list[str]:
        return list(self._numbers)


def _data(waterfall: Waterfall, spans: Sequence[WaterfallSpan]) -> dict[str, Any]:
    """Write the trace in columns, which keeps 25,000 spans small and quick to read.

    A row is [depth, span] or, if it is folded, [depth, [span, …]], followed by the rows inside it.
    Spans, services, names and statements are numbers; times are nanoseconds after the start of
    the trace. `path` is [span, start, length, span, start, length, …].
    """
    services = _Numbers([waterfall.root.service, *sorted({span.service for span in spans})])
    names = _Numbers()
    statements = _Numbers()
    columns = [
        (
            span.span_id,
            services.of(span.service),
            names.of(span.name),
            -1 if span.statement is None else statements.of(span.statement),
            span.start_nano - waterfall.start_nano,
            span.duration_nano,
            int(span.is_error),
        )
        for span in spans
    ]
    number = {id(span): index for index, span in enumerate(spans)}
    return {
        "duration": waterfall.duration_nano,
        "root": waterfall.root.duration_nano or waterfall.duration_nano or 1,
        "columns": list(zip(*columns, strict=True)),
        "services": services.texts(),
        "colors": _COLORS,
        "names": names.texts(),
        "statements": statements.texts(),
        "rows": list(_rows(waterfall, number)),
        "path": list(_path(waterfall, number)),
    }


def _path(waterfall: Waterfall, number: dict[int, int]) -> Iterable[int]:
    for part in critical_path(waterfall.root, waterfall.children):
        yield number[id(part.span)]
        yield part.start_nano - waterfall.start_nano
        yield part.end_nano - part.start_nano


def _rows(waterfall: Waterfall, number: dict[int, int]) -> Iterable[tuple[int, int | list[int]]]:
    for row in waterfall.rows:
        if isinstance(row, RunRow):
            yield row.depth, [number[id(span)] for span in row.members]
            for inner in row.rows:
                yield inner.depth, number[id(inner.span)]
        else:
            yield row.depth, number[id(row.span)]
