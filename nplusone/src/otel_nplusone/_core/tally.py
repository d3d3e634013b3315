"""Count what one entry span asks of others, and say which of it repeats.

    tally = Tally(spans of the request, in order)
    tally.repeats()                      → the statements that came at least five times

The detector and the span processor of a running service both come here: the rules stand once.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from otel_nplusone._core import semconv
from otel_nplusone._core.asked import asked, blind_system
from otel_nplusone._core.bursts import burst_starts, keep_bursts
from otel_nplusone._core.families import fan_outs, polymorphic_loads
from otel_nplusone._core.group import Group, start_and_id
from otel_nplusone._core.model import Kind, RepeatClass, Repeats, Span
from otel_nplusone._core.nested import find_patterns
from otel_nplusone._core.retries import leave_out_retries
from otel_nplusone._core.told import nested, single

DEFAULT_MIN_REPEATS = 5
_DATABASES = (Kind.SQL, Kind.NOSQL)
_MOST_VARIANTS = 1_024

_TEXT, _OLD_TEXT = semconv.QUERY_TEXT
_SYSTEM, _OLD_SYSTEM = semconv.SYSTEM
_NAMESPACE, _OLD_NAMESPACE = semconv.NAMESPACE


@dataclass(frozen=True, slots=True)
class StatementCount:
    """Hold a statement, how often it came, and the time in which at least one was running."""

    fingerprint: str
    statement: str
    repeats: int
    total_ns: int


class Tally:
    """Count what one entry span asks.

    `spans` are in the order of their starts. `attempts` names the failed attempt of each span that
    was part of one, by span id; `parents` the span that a place is called by where no code is told.
    """

    def __init__(
        self,
        spans: Sequence[Span],
        min_repeats: int = DEFAULT_MIN_REPEATS,
        *,
        attempts: Mapping[str, str] | None = None,
        parents: Mapping[str, Span] | None = None,
    ) -> None:
        self._min_repeats = min_repeats
        self._attempts = attempts or {}
        self._parents = parents or {}
        self._spans = spans
        self._groups: dict[tuple[str, str, str], Group] = {}
        self._known: dict[object, list[Span]] = {}
        self._blind: dict[str, list[Span]] = defaultdict(list)
        self._sort_out(spans)

    def _sort_out(self, spans: Sequence[Span]) -> None:
        """Give each span to its group; equal texts are looked at once."""
        known = self._known
        for span in spans:
            attributes = span[9]
            key = (
                span[4],
                attributes.get(_TEXT) or attributes.get(_OLD_TEXT),
                attributes.get(_SYSTEM) or attributes.get(_OLD_SYSTEM),
                attributes.get(_NAMESPACE) or attributes.get(_OLD_NAMESPACE),
                span[8],
            )
            try:
                mine = known.get(key)
            except TypeError:  # a list, where a text should be
                mine = None
            if mine is None:
                mine = self._begin(span, key)
            mine.append(span)

    def _begin(self, span: Span, key: tuple[object, ...]) -> list[Span]:
        """Return the list that a span goes into, and so do all that have its key."""
        what = asked(span)
        if what is None:
            return self._blind[blind_system(span)]
        group = self._groups.get(what.key)
        if group is None:
            group = self._groups[what.key] = Group(len(self._groups), what)
        mine = group.variant(what, failed=span[8])
        texts = all(part is None or type(part) in (str, bool) for part in key)
        if what.by_text and texts and len(self._known) < _MOST_VARIANTS:
            self._known[key] = mine
        return mine

    @property
    def blind(self) -> dict[str, int]:
        """Count the spans that do not tell what they ask, by their database."""
        return {system: len(spans) for system, spans in self._blind.items() if system}

    @property
    def statements(self) -> int:
        """Count the statements of databases, failed ones too, without transactions and pings."""
        return sum(g.asked for g in self._groups.values() if g.kind in _DATABASES)

    @property
    def asked(self) -> int:
        """Count the statements and the calls."""
        return sum(group.asked for group in self._groups.values())

    @property
    def judged(self) -> int:
        """Count all that could be judged, pings too, which are found harmless."""
        return self.asked + sum(_TEXT in s[9] or _OLD_TEXT in s[9] for s in self._blind[""])

    @property
    def spans(self) -> Sequence[Span]:
        """Return all spans that may ask something, in order."""
        return self._spans

    def statement_of(self, span_id: str) -> str:
        """Return the statement that a span has executed; an empty text for any other span."""
        return self._texts.get(span_id, "")

    def alike(self, span_id: str) -> Sequence[Span]:
        """Return the executions of the statement that this span is one of, in order."""
        groups = self._groups.values()
        return next((g.spans for g in groups if any(s[1] == span_id for s in g.spans)), ())

    @property
    def cut(self) -> int:
        """Say how many statements have a text whose end is missing."""
        return sum(g.asked for g in self._groups.values() if g.statement.is_cut)

    def counts(self) -> list[StatementCount]:
        """Return every statement, repeated or not, in the order in which they came first."""
        return [
            StatementCount(g.statement.digest, g.statement.text, g.repeats, g.covered_ns)
            for g in self._groups.values()
            if g.repeats
        ]

    def repeats(self) -> list[Repeats]:
        """Return what repeats, longest first; chunks too, which are not faults."""
        groups = self._counted()
        classes = self._classes(groups)
        alone = {group.number: group for group in groups if group.number in classes}
        found = []
        for members, rounds in list(self._patterns(alone, classes)):
            loop = [alone.pop(number) for number in members]
            first = min((group.spans[0] for group in loop), key=start_and_id)
            found.append(nested(loop, rounds, self._source(first)))
        for group in alone.values():
            source = self._source(group.spans[0])
            found.append(single(group, classes[group.number], source, self._callers(group)))
        return sorted(found, key=lambda r: (-r.total_ns, r.fingerprint))

    def _counted(self) -> list[Group]:
        """Return the groups without what does not repeat; families in place of their members."""
        groups = [g for g in self._groups.values() if g.spans or g.failures]
        leave_out_retries(groups, self._attempts, self._min_repeats)
        for family in (fan_outs, polymorphic_loads):
            found = family(groups, self._min_repeats)
            gone = {id(member) for _, members in found for member in members}
            groups = [g for g in groups if id(g) not in gone] + [one for one, _ in found]
        keep_bursts(groups, burst_starts(self._spans), self._min_repeats)
        return [group for group in groups if group.without_ignored().repeats >= self._min_repeats]

    def _classes(self, groups: list[Group]) -> dict[int, RepeatClass]:
        """Return the class of each group that is worth a word."""
        classes = {}
        for group in groups:
            scattered = group.is_scattered(group.codes or self._callers(group))
            distinct = group.distinct_values
            if not (scattered and distinct is not None and distinct >= self._min_repeats):
                classes[group.number] = group.repeat_class(self._min_repeats, scattered=scattered)
        written = sum(g.repeats for g in groups if classes.get(g.number) == _ROW_BY_ROW)
        for group in groups:
            if group.statement.is_sequence and written * 2 >= group.repeats:
                classes.pop(group.number, None)  # the writes that take the numbers are the fault
        return classes

    def _callers(self, group: Group) -> list[str]:
        """Return the spans that send it, by name, where each has one of its own."""
        if len({span[2] for span in group.spans}) < len(group.spans):
            return []
        parents = [self._parents.get(span[2]) for span in group.spans]
        if None in parents:
            return []
        return [_without_digits(parent.name) for parent in parents if parent is not None]

    def _patterns(
        self, groups: Mapping[int, Group], classes: Mapping[int, RepeatClass]
    ) -> Iterator[tuple[list[int], int]]:
        """Return the members, without doubles, and the rounds of each pattern that repeats."""
        loops = {
            n: g
            for n, g in groups.items()
            if g.kind is Kind.SQL  # calls are told one by one, by what they ask for
            and classes[n] is not RepeatClass.CHUNKED_BATCH
            and not g.statement.is_sequence
            and len(g.failures) * 2 < g.repeats
        }
        if len(loops) < 2:
            return
        order = sorted((start_and_id(span), n) for n, g in loops.items() for span in g.spans)
        for pattern in find_patterns([n for _, n in order], self._min_repeats):
            members = list(dict.fromkeys(pattern.members))
            mostly = all(
                pattern.members.count(n) * pattern.rounds * 2 >= loops[n].repeats for n in members
            )
            if mostly and any(classes[n] is RepeatClass.N_PLUS_ONE for n in members):
                yield members, pattern.rounds

    def _source(self, first: Span) -> tuple[str, str] | None:
        """Return the statement before the first repeat, and its span's id."""
        for at in range(
            bisect_left(self._spans, start_and_id(first), key=start_and_id) - 1, -1, -1
        ):
            before = self._spans[at][1]
            if before in self._texts:
                return self._texts[before], before
        return None

    @cached_property
    def _texts(self) -> dict[str, str]:
        """Return the statement of each execution that counts, by its span's id."""
        return {
            span[1]: group.statement.text for group in self._groups.values() for span in group.spans
        }


_ROW_BY_ROW = RepeatClass.ROW_BY_ROW_WRITE


def _without_digits(name: str) -> str:
    return "".join(character for character in name if not character.isdigit())
