"""Group statements that differ in the table alone: tenants, shards, polymorphic loads.

SELECT … FROM tenant_1.cat WHERE …       SELECT … FROM post WHERE post.id = ?
SELECT … FROM tenant_2.cat WHERE …       SELECT … FROM photo WHERE photo.id = ?
SELECT … FROM tenant_3.cat WHERE …       SELECT … FROM post WHERE post.id = ?
                 a fan-out                        a polymorphic load
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from otel_nplusone._core.asked import Asked
from otel_nplusone._core.fingerprint import digest
from otel_nplusone._core.group import Group, start_and_id
from otel_nplusone._core.model import Kind

_NUMBER = re.compile(r"(?:(?<=[_.-])|(?<=[a-z]{3}))\d+(?=$|[^a-z0-9])")
_BY_KEY = re.compile(
    r"FROM [\w.]+(?: (?:AS )?\w+)? WHERE (?:[\w.]+\.)?(?P<column>\w+) = \?(?: LIMIT \?)?$"
)
_Key = tuple[str, str, str]


def fan_outs(groups: Sequence[Group], least: int) -> list[tuple[Group, list[Group]]]:
    """Return one group for each family of `least` tables or more, and those that it stands for."""
    by_number: dict[_Key, list[Group]] = defaultdict(list)
    by_schema: dict[_Key, list[Group]] = defaultdict(list)
    for group in groups:
        table, text = group.statement.table, group.statement.text
        if _NUMBER.search(table) or _NUMBER.search(group.namespace):
            by_number[group.system, _general(group.namespace), _general(text)].append(group)
        elif "." in table:
            schema = table.partition(".")[0]
            written = re.sub(rf"\b{re.escape(schema)}\.", "*.", text)
            by_schema[group.system, group.namespace, written].append(group)
    return [
        (_together(members, key), members)
        for key, members in [*by_number.items(), *by_schema.items()]
        if len(members) >= least
    ]


def _general(text: str) -> str:
    return _NUMBER.sub("?", text)


def _together(members: list[Group], key: _Key) -> Group:
    system, namespace, text = key
    first = members[0]
    statement = replace(first.statement, text=text, digest=digest(text))
    found = Group(first.number, Asked(first.kind, system, namespace, statement)).take(members)
    found.fan_out = len(members)
    return found


def polymorphic_loads(groups: Sequence[Group], least: int) -> list[tuple[Group, list[Group]]]:
    """Find loads by key from several tables, in one run, that pass the threshold only together."""
    columns: dict[int, _Key] = {}
    for group in groups:
        by_key = _BY_KEY.search(group.statement.text) if group.kind is Kind.SQL else None
        if by_key and group.statement.verb == "SELECT" and group.repeats < least:
            columns[group.number] = (group.system, group.namespace, by_key["column"])
    if len(columns) < 2:
        return []
    numbered = {group.number: group for group in groups}
    order = sorted((start_and_id(span), g.number) for g in groups for span in g.spans)
    found = []
    for column, run in groupby(order, key=lambda item: columns.get(item[1])):
        numbers = [number for _, number in run]
        tables = dict.fromkeys(numbers)
        if column and len(tables) > 1 and len(numbers) >= max(least, 2 * len(tables)):
            found.append(_merged([numbered[number] for number in tables]))
    return found


def _merged(members: list[Group]) -> tuple[Group, list[Group]]:
    texts = tuple(group.statement.text for group in members)
    found = _together(members, (members[0].system, members[0].namespace, "; ".join(texts)))
    found.pattern = texts
    return found, members
