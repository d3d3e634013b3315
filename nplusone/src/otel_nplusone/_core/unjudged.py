"""Count what could not be judged, so that nobody takes "not known" for "clean"."""

from collections import Counter
from dataclasses import dataclass, field

from otel_nplusone._core.asked import asked
from otel_nplusone._core.model import Span
from otel_nplusone._core.tally import DEFAULT_MIN_REPEATS, Tally
from otel_nplusone._core.tree import ENTRY_KINDS, Tree
from otel_nplusone._core.words import count

# How to have the text recorded, by database; of several instrumentations the most used first.
_OPTIONS = {
    "mongodb": "PymongoInstrumentor(capture_statement=True), enhancedDatabaseReporting: true in"
    " Node, db_statement: :include in Ruby",
    "elasticsearch": "OTEL_INSTRUMENTATION_ELASTICSEARCH_CAPTURE_SEARCH_QUERY=true in Java,"
    " capture_search_query in others",
    "redis": "dbStatementSerializer in Node, db_statement: :include in Ruby,"
    " SetVerboseDatabaseStatements = true in .NET",
    "mssql": "SetDbStatementForText = true of SqlClient's and Entity Framework Core's"
    " instrumentation",
    "mysql": "db_statement: :include in Ruby, SetDbStatementForText = true in .NET, no DisableQuery"
    " in Go's otelsql",
}
_OPTIONS["microsoft.sql_server"] = _OPTIONS["mssql"]
_OPTIONS["opensearch"] = _OPTIONS["elasticsearch"]
_HTTP = "http"
_OTHERWISE = _OPTIONS["mysql"]


@dataclass(slots=True)
class Unjudged:
    """Count what was judged, and what was not and why; `blind` counts by database."""

    judged: int = 0
    blind: Counter[str] = field(default_factory=Counter)
    outside: int = 0
    orphans: int = 0
    cut: int = 0

    def add(self, tree: Tree, tallied: dict[str, Tally]) -> None:
        """Count the spans of a trace."""
        for entry_id, tally in tallied.items():
            self.cut += tally.cut
            self.blind.update(tally.blind)
            if _is_outside(tree, entry_id):
                self.outside += tally.statements
            elif entry_id not in tree.by_id and tally.judged < DEFAULT_MIN_REPEATS:
                self.orphans += tally.judged
            else:
                self.judged += tally.judged

    @property
    def total(self) -> int:
        """Say how many spans could not be judged."""
        return self.blind.total() + self.outside + self.orphans

    def lines(self, spans_read: int | None) -> list[str]:
        """Return a sentence for each kind, with what to do.

        spans_read: None leaves out why nothing was judged, for one who has told it already.
        """
        found = [
            f"{count(number, f'{system} span')} without text, summary, or operation and table:"
            f" not judged; have the text recorded, by {_OPTIONS.get(system, _OTHERWISE)}"
            for system, number in sorted(self.blind.items())
            if system != _HTTP
        ]
        if self.blind[_HTTP]:
            found.append(
                f"{count(self.blind[_HTTP], 'HTTP call')} without a path, or to an address for many"
                " questions (/graphql): not judged; have url.full or url.template recorded"
            )
        if self.outside:
            found.append(
                f"{count(self.outside, 'statement')} outside any request: not judged, because"
                " nothing tells which belong together; instrument the web framework or the worker,"
                " and hand the context on to threads"
            )
        if self.orphans:
            found.append(
                f"{count(self.orphans, 'statement')} below spans that are missing: not judged,"
                " because nothing tells which belong together; see that every span is exported, and"
                " that sampling keeps or drops whole traces"
            )
        if self.cut:
            found.append(
                f"{count(self.cut, 'statement')} cut before the end: what repeats may have the same"
                " values or others; raise OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"
            )
        if spans_read == 0:
            found.append("nothing was judged: no span was read")
        elif spans_read and not self.judged and not found:
            found.append(
                "nothing was judged: no span is a database's or a call to another service; see that"
                " the database library or its driver is instrumented"
            )
        return found


def _is_outside(tree: Tree, entry_id: str) -> bool:
    """Tell whether an entry is a statement's own span, a root: no request is around it."""
    span: Span | None = tree.by_id.get(entry_id)
    return span is not None and span.kind not in ENTRY_KINDS and asked(span) is not None
