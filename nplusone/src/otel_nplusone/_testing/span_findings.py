"""Judge the spans that a provider makes meanwhile: in a test, what the detector says of a trace."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import overload

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace import Span as SdkSpan

from otel_nplusone._core.detect import find_n_plus_one
from otel_nplusone._core.ignoring import ignored_because
from otel_nplusone._core.model import Finding, Span, Trace
from otel_nplusone._core.semconv import IGNORED, QUERY_TEXT, text
from otel_nplusone._core.tally import DEFAULT_MIN_REPEATS
from otel_nplusone._live.fence import fenced
from otel_nplusone._live.sdk_spans import attributes_of, to_model


class SpanFindings(Sequence[Finding]):
    """Hold the faults of the spans that have ended; judge them when they are first asked for."""

    def __init__(self, min_repeats: int = DEFAULT_MIN_REPEATS) -> None:
        self._min_repeats = min_repeats
        self._traces: dict[str, list[Span]] = defaultdict(list)

    @cached_property
    def _found(self) -> list[Finding]:
        return [
            finding
            for trace_id, spans in self._traces.items()
            for finding in find_n_plus_one(
                Trace(trace_id, tuple(spans)), min_repeats=self._min_repeats
            )
        ]

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Finding]: ...
    def __getitem__(self, index: int | slice) -> Finding | Sequence[Finding]:
        return self._found[index]

    def __len__(self) -> int:
        return len(self._found)

    def __repr__(self) -> str:
        """Say each fault in a line, for pytest to show."""
        lines = (
            f"{f.what.repeat_class.value} in {f.entry.route}: {f.what.repeats} × {f.what.statement}"
            for f in self._found
        )
        return "\n".join(["findings:", *lines])

    def add(self, span: Span) -> None:
        """Take a span that has ended; what was judged is judged anew."""
        self.__dict__.pop("_found", None)
        self._traces[span.trace_id].append(span)


class FindingsProcessor(SpanProcessor):
    """Hand ended spans to the findings of a test, as long as that runs."""

    def __init__(self, found: SpanFindings) -> None:
        self._found: SpanFindings | None = found

    @fenced
    def on_start(self, span: SdkSpan, parent_context: Context | None = None) -> None:
        """Mark what ignore() was said for."""
        if why := ignored_because():
            span.set_attribute(IGNORED, why)

    @fenced
    def on_end(self, span: ReadableSpan) -> None:
        context = span.get_span_context()
        if self._found is not None and context is not None:
            self._found.add(to_model(span, context))

    def shutdown(self) -> None:
        """Take nothing more: a provider has no way to remove a processor."""
        self._found = None


class StatementsProcessor(SpanProcessor):
    """Hand the statements of ended spans on, as long as a test runs."""

    def __init__(self, take: Callable[[str, object, bool], None]) -> None:
        self._take: Callable[[str, object, bool], None] | None = take

    @fenced
    def on_end(self, span: ReadableSpan) -> None:
        sql = text(attributes_of(span), QUERY_TEXT)
        if self._take is not None and sql:
            self._take(sql, None, False)

    def shutdown(self) -> None:
        """Take nothing more: a provider has no way to remove a processor."""
        self._take = None


@contextmanager
def record_findings(
    provider: TracerProvider, *, min_repeats: int = DEFAULT_MIN_REPEATS
) -> Iterator[SpanFindings]:
    """Judge what a provider's spans tell meanwhile, by the rules of `otel-nplusone scan`."""
    found = SpanFindings(min_repeats)
    processor = FindingsProcessor(found)
    provider.add_span_processor(processor)
    try:
        yield found
    finally:
        processor.shutdown()
