"""Say what to do about a finding, in SQLAlchemy's words where the statement tells enough."""

import re

from otel_nplusone._core.fingerprint import fingerprint
from otel_nplusone._core.model import Kind, RepeatClass, Repeats

# SQLAlchemy's own forms: WHERE cat.id = ? (many to one), WHERE ? = cat.owner_id (one to many)
_CONDITION = re.compile(r"WHERE (?:\? = )?(?:[\w.]+\.)?(\w+)(?: = \?)?$")
_AT_ONCE = " They run at the same time, which the latency does not show and the database does."


def advise(repeats: Repeats) -> str:
    """Return one or two sentences that say what to change."""
    advice = _ADVICE[repeats.repeat_class](repeats) + _of_values(repeats)
    return advice + _AT_ONCE if repeats.overlapping else advice


def _of_values(repeats: Repeats) -> str:
    """Return the second fault of a loop that asks for some of its values again and again."""
    distinct = repeats.distinct_values
    if repeats.repeat_class is not RepeatClass.N_PLUS_ONE or not distinct:
        return ""
    if distinct * 2 > repeats.repeats:
        return ""
    return (
        f" It asks for {distinct:,} different values {repeats.repeats:,} times: also keep what was"
        " read, for as long as the request lasts."
    )


def _n_plus_one(repeats: Repeats) -> str:
    if repeats.kind is not Kind.SQL:
        return _calls(repeats)
    if repeats.fan_out and len(repeats.pattern) == 1:
        return (
            f"One query for each of {repeats.fan_out} tables or schemas of one form: ask them in"
            " one statement (UNION ALL, a partitioned table), or keep what all of them need in one."
        )
    if len(repeats.pattern) > 1:
        return (
            "A polymorphic relationship is loaded row by row: collect the ids by type and load each"
            " type with one query and IN (…)."
        )
    written = fingerprint(repeats.statement)
    if written.is_sequence:
        return (
            "Numbers are taken from the sequence one by one: take them in blocks (allocationSize in"
            " JPA, INCREMENT BY of the sequence), or let the INSERT take them."
        )
    if "IN (…)" in repeats.statement:
        return (
            "A list of one key is sent for each row: the loader does not batch; collect the keys"
            " and send them in one IN (…). If the instrumentation writes every list as IN (?),"
            " these may be a loader's chunks."
        )
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


def _calls(repeats: Repeats) -> str:
    sends = ""
    if repeats.callee_statement:
        sends = f" {repeats.callee} sends {repeats.callee_statement} for each of them."
    elif repeats.callee:
        sends = f" {repeats.callee} answers each of them by itself."
    return _CALLS[repeats.kind] + sends


def _condition(statement: str) -> str | None:
    found = _CONDITION.search(statement)
    return found[1] if found else None


def _redundant(repeats: Repeats) -> str:
    if len(repeats.places) > 1:
        return (
            f"{len(repeats.places)} places ask for it, each by itself: read it once a request"
            " and hand the result on."
        )
    if repeats.kind is not Kind.SQL:
        return (
            "The same is asked again and again: keep the answer for as long as the request lasts."
        )
    return (
        "The same values are asked for again and again: read them once for each request and hand"
        " the result on; Session.get() answers from the identity map."
    )


def _row_by_row(repeats: Repeats) -> str:
    if repeats.kind is not Kind.SQL:
        return "Documents are written one by one: send them together, as one bulk write."
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
        + "".join(
            f" {text} asks for the same each time: read it once, before the loop."
            for text in repeats.same_values
        )
    )


def _chunked(repeats: Repeats) -> str:
    return "A loader reads in chunks, as it should: nothing to do."


_CALLS = {
    Kind.NOSQL: "One command for each row: ask for all of them at once (MGET or a pipeline, $in, a"
    " multi-get, a bulk request).",
    Kind.HTTP: "One call for each row: ask for all of them in one, by a list of ids or an endpoint"
    " that takes many.",
    Kind.RPC: "One call for each row: ask for all of them in one, by a batch method or a stream.",
    Kind.MESSAGING: "One message for each row is sent by itself: send them as one batch.",
}
_ADVICE = {
    RepeatClass.N_PLUS_ONE: _n_plus_one,
    RepeatClass.REDUNDANT: _redundant,
    RepeatClass.ROW_BY_ROW_WRITE: _row_by_row,
    RepeatClass.NESTED: _nested,
    RepeatClass.CHUNKED_BATCH: _chunked,
}
