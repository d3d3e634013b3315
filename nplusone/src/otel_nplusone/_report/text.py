"""Write the report for a terminal.

2 findings in 37 traces (18,537 spans)

1  n_plus_one   GET /success-stories   (cat-clinic)
   SELECT cat.id, … FROM cat WHERE cat.id = ?
   repeats   496 median, 512 most in one request, in 37 traces
   …
"""

from collections.abc import Sequence
from itertools import chain, repeat

from otel_nplusone._core.excerpt import Excerpts, shorten
from otel_nplusone._core.model import RepeatClass
from otel_nplusone._core.summary import Summary
from otel_nplusone._core.words import count, duration, wrap
from otel_nplusone._predict.model import Outlook
from otel_nplusone._report import outlooks
from otel_nplusone.scan import Result

_INDENT = "   "
_LABEL = 14
_LARGE_SHARE = 0.2


def render(result: Result, backend: str = "") -> str:
    """Return the findings in order, each with what it costs, where it is and what to do."""
    spans = count(result.spans_read, "span")
    head = f"{count(len(result.findings), 'finding')} in {count(result.traces_read, 'trace')}"
    parts = [f"{head} ({spans})"]
    if result.incomplete_traces:
        parts[0] += f", {result.incomplete_traces:,} of them incomplete"
    parts += [wrap(f"warning: {warning}", _INDENT) for warning in result.warnings]
    excerpt = Excerpts()
    parts += [_finding(n, s, backend, excerpt) for n, s in enumerate(result.findings, start=1)]
    parts += [_prediction(outlook, rows) for outlook, rows in outlooks.shown(result)]
    return "\n\n".join(parts) + "\n"


def _prediction(outlook: Outlook, rows: Sequence[outlooks.Row]) -> str:
    """Return the table of a route, its columns below one another, and what else is to be said."""
    table = [outlooks.HEAD, *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [f"prediction   {outlooks.title(outlook)}"]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        lines.append((_INDENT + "   ".join(cells)).rstrip())
    return "\n".join([*lines, *(_INDENT + wrap(s, _INDENT) for s in outlooks.told(outlook))])


def _finding(number: int, summary: Summary, backend: str, excerpt: Excerpts) -> str:
    service = f"   ({summary.service})" if summary.service else ""
    lines = [f"{number:<2} {summary.repeat_class.value}   {summary.route}{service}"]
    lines += [
        _INDENT + wrap(excerpt(statement), _INDENT + "  ")
        for statement in summary.statement.split("; ")
    ]
    lines += [
        f"{_INDENT}{label:<{_LABEL}}{wrap(text, ' ' * (len(_INDENT) + _LABEL))}"
        for label, text in _details(summary, backend)
        if text
    ]
    return "\n".join(lines)


def _details(summary: Summary, backend: str) -> list[tuple[str, str]]:
    times = "rounds" if summary.repeat_class is RepeatClass.NESTED else "repeats"
    return [
        (times, f"{_repeats(summary)}, in {count(summary.traces, 'trace')}"),
        ("values", values(summary)),
        ("time", f"{duration(summary.total_ns)} in all" + _marks(summary)),
        ("comes after", shorten(summary.source_statement or "", 160)),
        ("inside", "" if summary.common_ancestor == summary.route else summary.common_ancestor),
        ("answered by", answered_by(summary)),
        *zip(chain(["code"], repeat("")), summary.sites, strict=False),
        ("advice", summary.advice),
        ("worst trace", trace_link(backend, summary.worst_trace_id)),
    ]


def _repeats(summary: Summary) -> str:
    return f"{summary.repeats_p50:,} median, {summary.repeats_max:,} at most in one request"


def values(summary: Summary) -> str:
    """Say how many different values a statement came with, where the spans tell."""
    if summary.distinct_values is None:
        return ""
    return f"{count(summary.distinct_values, 'different value')} in the worst request"


def answered_by(summary: Summary) -> str:
    """Return the other end of a call, and what it sends for each."""
    sends = f", with {shorten(summary.callee_statement, 160)}" if summary.callee_statement else ""
    return f"{summary.callee}{sends}" if summary.callee else ""


def _marks(summary: Summary) -> str:
    share = summary.share_of_request
    marks = [f", {share:.0%} of the request's time"] if share else []
    # Whoever reads of half the time asks for the other half.
    marks += [" (the rest: other spans, own code)"] if share >= _LARGE_SHARE else []
    marks += [", next to nothing of a request"] if summary.is_negligible else []
    marks += [", at the same time"] if summary.overlapping else []
    marks += [", spans are missing"] if summary.incomplete else []
    return "".join(marks)


def trace_link(backend: str, trace_id: str) -> str:
    """Return the page of a trace, or its id where no backend is known."""
    return f"{backend.rstrip('/')}/trace/{trace_id}" if backend else trace_id
