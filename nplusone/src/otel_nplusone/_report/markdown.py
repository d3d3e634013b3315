"""Write the report for a pull request or a ticket."""

from collections.abc import Sequence

from otel_nplusone._core.excerpt import shorten
from otel_nplusone._core.model import Kind
from otel_nplusone._core.summary import Summary
from otel_nplusone._core.words import count, duration
from otel_nplusone._predict.model import Outlook
from otel_nplusone._report import outlooks
from otel_nplusone._report.text import answered_by, trace_link, values
from otel_nplusone.scan import Result


def render(result: Result, backend: str = "") -> str:
    """Return a table of the findings, and a section for each."""
    head = f"{count(len(result.findings), 'finding')} in {count(result.traces_read, 'trace')}"
    parts = [f"## N+1 queries: {head}"]
    if result.findings:
        parts.append(_table(result))
    parts += [_section(n, s, backend) for n, s in enumerate(result.findings, start=1)]
    parts += [_prediction(outlook, rows) for outlook, rows in outlooks.shown(result)]
    if result.warnings:
        parts.append("\n".join(f"> {warning}" for warning in result.warnings))
    return "\n\n".join(parts) + "\n"


def _table(result: Result) -> str:
    lines = ["| | class | route | repeats p50 / max | traces | time | of the request |"]
    lines.append("|---:|---|---|---:|---:|---:|---:|")
    lines += [
        f"| {number} | {s.repeat_class.value} | `{_cell(s.route)}` |"
        f" {s.repeats_p50:,} / {s.repeats_max:,} | {s.traces:,} | {duration(s.total_ns)} |"
        f" {s.share_of_request:.0%} |"
        for number, s in enumerate(result.findings, start=1)
    ]
    return "\n".join(lines)


def _prediction(outlook: Outlook, rows: Sequence[outlooks.Row]) -> str:
    table = [f"| {' | '.join(row)} |" for row in (outlooks.HEAD, ("---",) * 6, *rows)]
    facts = [f"- {sentence}" for sentence in outlooks.told(outlook)]
    title = f"### Prediction: {_cell(outlooks.title(outlook))}"
    return "\n\n".join(filter(None, (title, "\n".join(table), "\n".join(facts))))


def _section(number: int, summary: Summary, backend: str) -> str:
    statements = "\n".join(summary.statement.split("; "))
    lines = [f"### {number}. {summary.repeat_class.value}: {summary.route}"]
    language = "sql" if summary.kind is Kind.SQL else ""
    lines += [f"```{language}\n{statements}\n```", summary.advice]
    facts = []
    if summary.source_statement:
        facts.append(f"- comes after `{shorten(summary.source_statement, 160)}`")
    facts += [f"- {values(summary)}"] if values(summary) else []
    facts += [f"- answered by `{answered_by(summary)}`"] if summary.callee else []
    facts += [f"- code: `{site}`" for site in summary.sites]
    link = trace_link(backend, summary.worst_trace_id)
    facts.append(f"- worst trace: {link if backend else f'`{link}`'}")
    return "\n\n".join([*lines, "\n".join(facts)])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("`", "'")
