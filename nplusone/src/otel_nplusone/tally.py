"""Counts the statements of one entry span as they come, and says which of them repeat.

    tally = Tally()
    for span in sorted(spans_of_the_request, key=start):
        tally.add(span.span_id, span.attributes, start, end)
    tally.repeats()                      → the statements that came at least five times

The detector feeds it traces, the span processor a running request: the rules stand here once.
What it keeps grows with the number of different statements, and by a few bytes for each span.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain

from otel_nplusone import semconv
from otel_nplusone.fingerprint import Fingerprint, fingerprint
from otel_nplusone.group import Group
from otel_nplusone.model import RepeatClass, Repeats
from otel_nplusone.nested import find_patterns

DEFAULT_MIN_REPEATS = 5
# Where SET and PING are commands on keys and no settings of a connection.
_KEY_VALUE_SYSTEMS = frozenset({"redis", "valkey", "memcached"})

_TEXT, _OLD_TEXT = semconv.QUERY_TEXT
_SYSTEM, _OLD_SYSTEM = semconv.SYSTEM
_NAMESPACE, _OLD_NAMESPACE = semconv.NAMESPACE


@dataclass(frozen=True, slots=True)
class StatementCount:
    """A statement, how often it came, and the time in which at least one was running."""

    fingerprint: str
    statement: str
    repeats: int
    total_ns: int


class Tally:
    """The statements of one entry span. Not thread-safe.

    `statements` counts all of them, failed ones too, without transactions, settings and pings.
    """

    __slots__ = ("_errors", "_groups", "_last", "_min_repeats", "_sequence", "statements")

    def __init__(self, min_repeats: int = DEFAULT_MIN_REPEATS) -> None:
        self.statements = 0
        self._min_repeats = min_repeats
        self._groups: dict[tuple[str, str, str], Group] = {}
        self._sequence: list[int] = []
        self._last: Group | None = None
        self._errors = 0

    def add(
        self,
        span_id: str,
        attributes: Mapping[str, object],
        start_ns: int,
        end_ns: int,
        *,
        failed: bool = False,
    ) -> int:
        """Count a span; return how often its statement has come so far.

        0 says that it does not count: no statement, a transaction, or a failed attempt. A
        statement that comes again after an error is a retry, and no repeat.
        """
        text = attributes.get(_TEXT) or attributes.get(_OLD_TEXT)
        if type(text) is not str:
            return 0
        statement = fingerprint(text)
        system = _word(attributes.get(_SYSTEM) or attributes.get(_OLD_SYSTEM))
        if statement.is_control and (not statement.text or system not in _KEY_VALUE_SYSTEMS):
            return 0
        self.statements += 1
        if failed:
            self._errors += 1
            return 0
        namespace = _word(attributes.get(_NAMESPACE) or attributes.get(_OLD_NAMESPACE))
        key = (system, namespace, statement.digest)
        group = self._groups.get(key) or self._new_group(key, statement, text, attributes)
        if group.errors_before != self._errors:
            group.errors_before = self._errors
            if group.repeats:
                return group.repeats
        self._sequence.append(group.number)
        self._last = group
        return group.add(span_id, text, attributes, start_ns, end_ns)

    def _new_group(
        self,
        key: tuple[str, str, str],
        statement: Fingerprint,
        text: str,
        attributes: Mapping[str, object],
    ) -> Group:
        number = len(self._groups)
        group = Group(number, statement, key[0], key[1], text, attributes, self._last)
        group.errors_before = self._errors
        self._groups[key] = group
        return group

    def repeats(self) -> list[Repeats]:
        """What repeats so far, longest first; chunks too, which are no fault."""
        groups = [g for g in self._groups.values() if g.repeats >= self._min_repeats]
        classes = {g.number: g.repeat_class(self._min_repeats) for g in groups}
        alone = {g.number: g for g in groups}
        found = []
        for members, rounds in self._patterns(classes):
            found.append(_nested([alone.pop(number) for number in members], rounds))
        found.extend(_single(g, classes[g.number]) for g in alone.values())
        return sorted(found, key=lambda r: (-r.total_ns, r.fingerprint))

    def counts(self) -> list[StatementCount]:
        """Every statement so far, repeated or not, in the order in which they came first."""
        return [
            StatementCount(g.statement.digest, g.statement.text, g.repeats, g.covered_ns)
            for g in self._groups.values()
        ]

    def _patterns(self, classes: Mapping[int, RepeatClass]) -> list[tuple[list[int], int]]:
        """The members, without doubles, and the rounds of each pattern that repeats."""
        loops = {n for n, c in classes.items() if c is not RepeatClass.CHUNKED_BATCH}
        if len(loops) < 2:
            return []
        sequence = [number for number in self._sequence if number in loops]
        groups = list(self._groups.values())
        found = []
        for pattern in find_patterns(sequence, self._min_repeats):
            members = list(dict.fromkeys(pattern.members))
            mostly = all(
                pattern.members.count(n) * pattern.rounds * 2 >= groups[n].repeats for n in members
            )
            if mostly and any(classes[n] is RepeatClass.N_PLUS_ONE for n in members):
                found.append((members, pattern.rounds))
        return found


def _word(value: object) -> str:
    return value if type(value) is str else ""


def _single(group: Group, repeat_class: RepeatClass) -> Repeats:
    return Repeats(
        repeat_class=repeat_class,
        system=group.system,
        namespace=group.namespace,
        fingerprint=group.statement.digest,
        statement=group.statement.text,
        pattern=(group.statement.text,),
        repeats=group.repeats,
        statements=group.repeats,
        distinct_values=group.distinct_values,
        total_ns=group.covered_ns,
        overlapping=group.is_overlapping,
        source_statement=group.source_statement,
        source_span_id=group.source_span_id,
        code=group.code,
        relationship=group.relationship,
        offender_span_ids=tuple(group.span_ids),
    )


def _nested(groups: list[Group], rounds: int) -> Repeats:
    first = groups[0]
    texts = tuple(g.statement.text for g in groups)
    return Repeats(
        repeat_class=RepeatClass.NESTED,
        system=first.system,
        namespace=first.namespace,
        fingerprint=fingerprint("; ".join(texts)).digest,
        statement="; ".join(texts),
        pattern=texts,
        repeats=rounds,
        statements=sum(g.repeats for g in groups),
        distinct_values=None,
        total_ns=sum(g.covered_ns for g in groups),
        overlapping=any(g.is_overlapping for g in groups),
        source_statement=first.source_statement,
        source_span_id=first.source_span_id,
        code=_first(groups, lambda g: g.code),
        relationship=_first(groups, lambda g: g.relationship),
        offender_span_ids=tuple(chain.from_iterable(g.span_ids for g in groups)),
    )


def _first(groups: list[Group], what: Callable[[Group], str | None]) -> str | None:
    return next((value for value in map(what, groups) if value), None)
