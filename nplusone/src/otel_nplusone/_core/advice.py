"""Say what to do about a finding, in the words of the library that makes the statement."""

from otel_nplusone._core.asks_for import AsksFor, asks_for, function_name
from otel_nplusone._core.excerpt import shorten
from otel_nplusone._core.fingerprint import fingerprint
from otel_nplusone._core.framework_words import NOSQL, PLAIN, WORDS, Words
from otel_nplusone._core.model import Kind, RepeatClass, Repeats

# The longest text of a statement within a piece of advice.
_MOST = 160

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


def _words(repeats: Repeats) -> Words:
    return WORDS.get(repeats.framework, PLAIN)


def _n_plus_one(repeats: Repeats) -> str:
    if repeats.kind is not Kind.SQL:
        return _calls(repeats)
    if repeats.is_resolved:
        return (
            "A resolver asks for each object by itself: collect the keys with a DataLoader, which"
            " asks for all of them in one query with IN (…)."
        )
    return _of_form(repeats) or _of_load(repeats) or _of_statement(repeats)


def _of_form(repeats: Repeats) -> str:
    """Return the advice that the form of the statements tells, whatever the library."""
    if repeats.fan_out and len(repeats.pattern) == 1:
        return (
            f"One query for each of {repeats.fan_out} tables or schemas of one form: ask them in"
            " one statement (UNION ALL, a partitioned table), or keep what all of them need in one."
        )
    if len(repeats.pattern) > 1:
        return (
            f"Rows of {_tables(repeats)} are loaded one by one, in turn: load them before the loop,"
            f" with {_eager(repeats)}; where one relationship leads to all of these tables, collect"
            " the ids by type and load each type with one query and IN (…)."
        )
    if fingerprint(repeats.statement).is_sequence:
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
    return ""


def _of_load(repeats: Repeats) -> str:
    """Return the advice for what SQLAlchemy loads by itself, where its spans tell."""
    kind, _, name = (repeats.load or "").partition(" ")
    if repeats.relationship:
        owner = repeats.relationship.partition(".")[0]
        asked = asks_for(repeats.statement)
        link = f" Its rows come over the link table {asked.link}." if asked.link else ""
        waits = " Each is awaited by itself." if kind == "awaited" else ""
        return (
            f"{repeats.relationship} is loaded lazily for each {owner}.{link}{waits} Load it with"
            f" the query before: select({owner}).options(selectinload({repeats.relationship}))."
        )
    owner = name.partition(".")[0]
    return _LOADS[kind].format(name=name, owner=owner) if kind in _LOADS else ""


_LOADS = {
    "deferred": "{name} is a deferred column, and is loaded for each {owner} when it is touched:"
    " load it with the query before, select({owner}).options(undefer({name})).",
    "expired": "Each {owner} was expired by a commit or a rollback, and is read again when it is"
    " touched: read what is needed before the commit, or give this session"
    " expire_on_commit=False.",
    "polymorphic": "The query before read the columns of a base class alone, and those of {owner}"
    " are loaded object by object: add selectin_polymorphic(…, [{owner}]) to its options, or ask"
    " for with_polymorphic(…, [{owner}]).",
    "dynamic": '{name} is lazy="dynamic": it asks again each time that it is touched, and no option'
    " loads it with its owners. Ask for the rows of all owners in one query with IN (…), or make it"
    " a relationship that selectinload() can load.",
}


def _of_statement(repeats: Repeats) -> str:
    asked = asks_for(repeats.statement)
    if not asked.table:
        return "One request for each row: ask for all of them at once."
    if asked.shape == "ranged":
        return (
            "A number is asked for under one condition after another: ask for all of them in one"
            " query, with GROUP BY where they are ranges of one column, else with"
            " sum(CASE WHEN … END) for each."
        )
    how: str = getattr(_words(repeats), asked.shape).format(
        table=asked.table,
        column=asked.column,
        link=asked.link,
        function=_function(asked),
        function_name=_named_function(repeats, asked),
    )
    return _WHAT[asked.shape].format(table=asked.table, column=asked.column, link=asked.link) + how


_WHAT = {
    "by_key": "Each {table} is read by itself: ",
    "by_owner": "The rows of {table} are read for one {column} at a time: ",
    "linked": "The rows that the link table {link} leads to are read for one {column} at a time: ",
    "counted": "A number is asked for, {column} by {column}: ",
}


def _function(asked: AsksFor) -> str:
    return f"{asked.function}({'' if asked.function == 'count' else '…'})"


def _named_function(repeats: Repeats, asked: AsksFor) -> str:
    """Return the aggregate as Django's class, or as ActiveRecord's method."""
    if repeats.framework == "django":
        return function_name(asked)
    return "count" if asked.function == "count" else f"{asked.function}(…)"


def _calls(repeats: Repeats) -> str:
    sends = ""
    if repeats.callee_statement:
        sends = f" {repeats.callee} sends {repeats.callee_statement} for each of them."
    elif repeats.callee:
        sends = f" {repeats.callee} answers each of them by itself."
    if repeats.kind is Kind.NOSQL:
        how = NOSQL.get(repeats.system, "a multi-get, a list of keys, a bulk request")
        if repeats.framework == "mongoose":
            how = "populate() on the query before, or one find with $in"
        return f"One command for each row: ask for all of them at once ({how}).{sends}"
    return _CALLS[repeats.kind] + sends


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
    known = repeats.framework == "sqlalchemy" and asks_for(repeats.statement).shape == "by_key"
    return (
        "The same values are asked for again and again: read them once for each request and hand"
        f" the result on{'; Session.get() answers from the identity map' if known else ''}."
    )


def _row_by_row(repeats: Repeats) -> str:
    if repeats.kind is not Kind.SQL:
        return "Documents are written one by one: send them together, as one bulk write."
    written = fingerprint(repeats.statement)
    words = _words(repeats)
    if written.verb == "INSERT":
        how = words.inserted.format(table=written.table)
    elif written.verb == "UPDATE":
        how = words.updated.format(table=written.table)
    else:
        how = f"one {written.verb} with WHERE … IN (…)"
    return f"Rows are written one by one: send them together, {how}."


def _nested(repeats: Repeats) -> str:
    return (
        f"A loop sends {len(repeats.pattern)} statements for each row: load"
        f" {_tables(repeats)} before the loop, with {_eager(repeats)},"
        " or in one query that joins them."
        + "".join(
            f" {shorten(text, _MOST)} asks for the same each time: read it once, before the loop."
            for text in repeats.same_values
        )
    )


def _tables(repeats: Repeats) -> str:
    tables = dict.fromkeys(fingerprint(text).table for text in repeats.pattern)
    return ", ".join(filter(None, tables)) or "them"


def _eager(repeats: Repeats) -> str:
    return _EAGER.get(repeats.framework, "one query with IN (…) for each")


_EAGER = {
    "sqlalchemy": "selectinload() for each relationship",
    "django": "select_related() and prefetch_related()",
    "tortoise": "select_related() and prefetch_related()",
    "hibernate": "JOIN FETCH or @BatchSize for each association",
    "spring_data": "@EntityGraph for the associations",
    "efcore": ".Include() for each navigation",
    "activerecord": "includes() for the associations",
    "eloquent": "with() for the relations",
    "prisma": "include for the relations",
    "gorm": "Preload() for the associations",
    "ent": "With…() for the edges",
    "doctrine": "fetch joins for the associations",
    "sequelize": "include for the associations",
    "typeorm": "relations for each of them",
    "peewee": "prefetch()",
}


def _chunked(repeats: Repeats) -> str:
    return "A loader reads in chunks, as it should: nothing to do."


_CALLS = {
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
