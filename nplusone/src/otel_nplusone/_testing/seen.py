"""Hold the SQL statements of a test, each with the line that sent it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

from otel_nplusone._core.fingerprint import fingerprint
from otel_nplusone._live.callsite import CallSite, find_caller


def place_of(caller: CallSite | None) -> str:
    """Return file, line and function, and the relationship where a lazy load is behind it."""
    if caller is None:
        return "an unknown place"
    place = f"{caller.file}:{caller.line} in {caller.function}"
    return place if caller.relationship is None else f"{place}, loading {caller.relationship}"


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
        return place_of(self.caller)


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

    def take(self, sql: str, _parameters: object, _many: bool) -> None:
        """Take a statement that is about to be sent; a batch (executemany) is one."""
        self._queries.append(SeenQuery(sql, find_caller()))
