"""What to do about a finding, in SQLAlchemy's words where the statement tells enough."""

import re

from otel_nplusone.fingerprint import fingerprint
from otel_nplusone.model import RepeatClass, Repeats

# SQLAlchemy's own forms: WHERE cat.id = ? (many to one), WHERE ? = cat.owner_id (one to many)
_CONDITION = re.compile(r"WHERE (?:\? = )?(?:[\w.]+\.)?(\w+)(?: = \?)?$")
_AT_ONCE = " They run at the same time, which the latency does not show and the database does."


def advise(repeats: Repeats) -> str:
    """One or two sentences: what to change."""
    advice = _ADVICE[repeats.repeat_class](repeats)
    return advice + _AT_ONCE if repeats.overlapping else advice


def _n_plus_one(repeats: Repeats) -> str:
    if repeats.relationship:
        owner, _, name = repeats.relationship.partition(".")
        return (
            f"{repeats.relationship} is loaded lazily for each {owner}: load it with the query"
            f" before, select({owner}).options(selectinload({owner}.{name})), and set"
            ' lazy="raise" so that it cannot come back.'
        )
    table = fingerprint(repeats.statement).table
    if not table:
        return "One request for each row: ask for all of them at once."
    column = _condition(repeats.statement)
    if column and (column.endswith("_id") or column.endswith("_fk")):
        return (
            f"The rows of {table} are read owner by owner: load them with the owners, by"
            f" selectinload() of the relationship or one query with {table}.{column} IN (…)."
        )
    return (
        f"Each {table} is read by itself: join {table} into the query before, or load the"
        " relationship with joinedload() or selectinload()."
    )


def _condition(statement: str) -> str | None:
    found = _CONDITION.search(statement)
    return found[1] if found else None


def _redundant(repeats: Repeats) -> str:
    return (
        "The same values are asked for again and again: read them once for each request and hand"
        " the result on; Session.get() answers from the identity map."
    )


def _row_by_row(repeats: Repeats) -> str:
    written = fingerprint(repeats.statement)
    if written.verb == "INSERT":
        how = f"session.execute(insert({written.table}), rows), or add_all() and one flush()"
    elif written.verb == "UPDATE":
        how = "session.execute(update(…), rows), or one UPDATE with a WHERE for all of them"
    else:
        how = f"one {written.verb} with WHERE … IN (…)"
    return f"Rows are written one by one: send them together, {how}."


def _nested(repeats: Repeats) -> str:
    tables = dict.fromkeys(fingerprint(text).table for text in repeats.pattern)
    return (
        f"A loop sends {len(repeats.pattern)} statements for each row: load"
        f" {', '.join(filter(None, tables)) or 'them'} before the loop, with selectinload() for"
        " each relationship, or in one query that joins them."
    )


def _chunked(repeats: Repeats) -> str:
    return "A loader reads in chunks, as it should: nothing to do."


_ADVICE = {
    RepeatClass.N_PLUS_ONE: _n_plus_one,
    RepeatClass.REDUNDANT: _redundant,
    RepeatClass.ROW_BY_ROW_WRITE: _row_by_row,
    RepeatClass.NESTED: _nested,
    RepeatClass.CHUNKED_BATCH: _chunked,
}
