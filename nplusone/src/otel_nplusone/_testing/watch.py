"""Judge the statements of one test, by the rules of a scan.

Each request of a test client is a request of its own; what the test sends itself is one, too.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from otel_nplusone._core import semconv
from otel_nplusone._core.advice import advise
from otel_nplusone._core.detect import find_n_plus_one
from otel_nplusone._core.excerpt import shorten
from otel_nplusone._core.model import Finding, RepeatClass, Repeats, Span, SpanKind, Trace
from otel_nplusone._core.patterns import means
from otel_nplusone._core.tally import DEFAULT_MIN_REPEATS
from otel_nplusone._core.words import wrap
from otel_nplusone._live.callsite import CallSite, find_caller
from otel_nplusone._testing.clients import request_number
from otel_nplusone._testing.seen import place_of

# A test that sends more is a benchmark; the first ones tell what repeats.
MAX_STATEMENTS = 50_000
_INDENT = "    "
_QUERIES = ("SELECT", "WITH")


@dataclass(frozen=True, slots=True)
class Loop:
    """Hold a query that a test sends again and again, for different values.

    `parents` is where the query was sent that gave the values, if there was one.
    """

    finding: Finding
    parents: CallSite | None

    @property
    def what(self) -> Repeats:
        return self.finding.what

    def is_meant(self, pattern: str) -> bool:
        """Tell whether a pattern as of a shell means it: relationship, statement or place."""
        told = (self.what.relationship, self.what.statement, self.what.code)
        return any(means(pattern, text) for text in told if text)

    def describe(self) -> str:
        """Say what repeats, where it is sent, where the parents were loaded, and what to do."""
        what = self.what
        lines = [f"{what.repeats} × {wrap(shorten(what.statement), _INDENT)}"]
        loading = f", loading {what.relationship}" if what.relationship else ""
        lines += [f"sent at {what.code}{loading}"] if what.code else []
        if what.source_statement:
            lines.append(f"for the rows of {wrap(shorten(what.source_statement, 160), _INDENT)}")
            lines += [f"loaded at {place_of(self.parents)}"] if self.parents else []
        lines.append(wrap(advise(what), _INDENT))
        return f"\n{_INDENT}".join(lines)


@dataclass(slots=True)
class WatchedTest:
    """Take the statements of a test, and finds what loops."""

    name: str
    spans: list[Span] = field(default_factory=list)
    callers: dict[str, CallSite] = field(default_factory=dict)

    def take(self, sql: str, parameters: object, many: bool) -> None:
        """Take a statement that is about to be sent."""
        if len(self.spans) >= MAX_STATEMENTS:
            return
        attributes: dict[str, object] = {semconv.QUERY_TEXT[0]: str(sql)}
        if parameters and not many:
            attributes[semconv.VALUES_HASH] = _hash(parameters)
        self._locate(attributes)  # each one: it may have loaded the parents of those to come
        self.spans.append(_span(len(self.spans) + 1, request_number(), attributes))

    def loops(self, allowed: Sequence[str] = ()) -> Iterator[Loop]:
        """Yield what loops and no pattern allows."""
        if len(self.spans) < DEFAULT_MIN_REPEATS:
            return
        requests = {span.parent_span_id for span in self.spans}
        entries = [_entry(self.name, span_id, self.spans) for span_id in sorted(requests)]
        for finding in find_n_plus_one(Trace("", (*entries, *self.spans))):
            if _is_loop(finding.what):
                parents = self.callers.get(finding.what.source_span_id or "")
                loop = Loop(finding, parents)
                if not any(map(loop.is_meant, allowed)):
                    yield loop

    def _locate(self, attributes: dict[str, object]) -> None:
        caller = find_caller()
        if caller is not None:
            self.callers[_id(len(self.spans) + 1)] = caller
            attributes |= caller.attributes


def _is_loop(what: Repeats) -> bool:
    """Tell whether queries repeat: rows that a test writes one by one are its own affair."""
    if what.repeat_class is RepeatClass.NESTED:
        return any(text.lstrip(" (").upper().startswith(_QUERIES) for text in what.pattern)
    return what.repeat_class is RepeatClass.N_PLUS_ONE


def _span(number: int, request: int, attributes: dict[str, object]) -> Span:
    now = time.time_ns()
    parent = _id(request, "r")
    return Span("", _id(number), parent, "", "", SpanKind.CLIENT, now, now + 1, False, attributes)


def _entry(name: str, span_id: str, spans: Sequence[Span]) -> Span:
    """Return the request that some statements are of."""
    within = [span for span in spans if span.parent_span_id == span_id]
    begin, end = within[0].start_time_unix_nano, within[-1].end_time_unix_nano
    return Span("", span_id, "", "", name, SpanKind.SERVER, begin, end, False, {})


def _id(number: int, kind: str = "s") -> str:
    return f"{kind}{number}"


def _hash(parameters: object) -> str:
    values = parameters.values() if isinstance(parameters, dict) else parameters
    try:
        return str(hash(tuple(values)))  # type: ignore[arg-type]  # whatever a driver takes
    except TypeError:
        return str(hash(repr(parameters)))
