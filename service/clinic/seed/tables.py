"""Make tables that are quick to fill: their indexes, and what else can wait, come afterwards."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import (
    Connection,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.schema import (
    AddConstraint,
    Constraint,
    CreateIndex,
    CreateTable,
)

from clinic.models import Base


@contextmanager
def tables_to_fill(connection: Connection) -> Iterator[None]:
    """Make the tables, let them be filled, and give them their keys and indexes.

    SQLite cannot add a constraint to a table: there the keys are kept from the first row on, and
    only the indexes wait.
    """
    tables = Base.metadata.sorted_tables
    can_wait = connection.dialect.name != "sqlite"
    for table in tables:
        foreign_keys: list[ForeignKeyConstraint] | None = [] if can_wait else None
        connection.execute(CreateTable(table, include_foreign_key_constraints=foreign_keys))
        for constraint in _keys(table) if can_wait else ():
            # SQLAlchemy's DropConstraint warns in 2.1 of what keeps the constraint whole in 2.0.
            connection.execute(text(f"ALTER TABLE {table.name} DROP CONSTRAINT {constraint.name}"))
    yield
    for table in tables if can_wait else ():
        _add(connection, _keys(table))
    for table in tables:
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(CreateIndex(index))
    # The database would gather statistics in its own time, and SQLite never would. Foreign keys,
    # which come last, are checked by a plan that is made with them, over the indexes.
    connection.execute(text("ANALYZE"))
    for table in tables if can_wait else ():
        _add(connection, table.foreign_key_constraints)


def _add(connection: Connection, constraints: Iterable[Constraint]) -> None:
    for constraint in sorted(constraints, key=lambda constraint: str(constraint.name)):
        connection.execute(AddConstraint(constraint, isolate_from_table=False))


def _keys(table: Table) -> list[Constraint]:
    kinds = (PrimaryKeyConstraint, UniqueConstraint)
    return [constraint for constraint in table.constraints if isinstance(constraint, kinds)]
