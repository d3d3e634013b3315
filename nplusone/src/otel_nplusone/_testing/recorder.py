"""Record the SQL statements that SQLAlchemy sends, each with the line that sent it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from sqlalchemy import event
from sqlalchemy.engine import Engine

from otel_nplusone._core.fingerprint import fingerprint
from otel_nplusone._core.ignoring import ignored_because
from otel_nplusone._live.callsite import CallSite, find_caller
from otel_nplusone._live.sync_engine import sync_engine

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine


@dataclass(frozen=True, slots=True)
class SeenQuery:
    """Hold a statement as it was sent, and where from."""

    sql: str
    caller: CallSite | None

    @property
    def statement(self) -> str:
        """Return the statement without values, equal for all repeats."""
        return fingerprint(self.sql).text

    @property
    def place(self) -> str:
        """Return file, line and function, and the relationship where a lazy load is behind it."""
        if self.caller is None:
            return "an unknown place"
        place = f"{self.caller.file}:{self.caller.line} in {self.caller.function}"
        if self.caller.relationship is None:
            return place
        return f"{place}, loading {self.caller.relationship}"


class SeenQueries(Sequence[SeenQuery]):
    """Hold the statements so far, in order."""

    def __init__(self) -> None:
        self._queries: list[SeenQuery] = []

    @overload
    def __getitem__(self, index: int) -> SeenQuery: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[SeenQuery]: ...
    def __getitem__(self, index: int | slice) -> SeenQuery | Sequence[SeenQuery]:
        return self._queries[index]

    def __len__(self) -> int:
        return len(self._queries)

    def by_statement(self) -> dict[str, list[SeenQuery]]:
        """Group by statement, in order of first appearance."""
        groups: dict[str, list[SeenQuery]] = {}
        for query in self._queries:
            groups.setdefault(query.statement, []).append(query)
        return groups

    def describe(self) -> str:
        """Write one line for each statement: how often, what, and where from last."""
        return "\n".join(
            f"  {len(group)} × {statement}\n      from {group[-1].place}"
            for statement, group in self.by_statement().items()
        )

    def _record(
        self, _connection: Any, _cursor: Any, sql: str, _params: Any, _context: Any, _many: bool
    ) -> None:
        if not ignored_because():
            self._queries.append(SeenQuery(sql, find_caller()))


@contextmanager
def record_queries(engine: "Engine | AsyncEngine | None" = None) -> Iterator[SeenQueries]:
    """Record what an engine sends meanwhile, from any thread; without one, what any engine sends.

    A batch (executemany) is one statement.
    """
    seen = SeenQueries()
    target = sync_engine(engine) if engine is not None else Engine
    event.listen(target, "before_cursor_execute", seen._record)
    try:
        yield seen
    finally:
        event.remove(target, "before_cursor_execute", seen._record)
