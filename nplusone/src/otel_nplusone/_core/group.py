"""Hold one statement of one entry span, with all spans that tell of it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, pairwise
from operator import itemgetter

from otel_nplusone._core import semconv
from otel_nplusone._core.asked import Asked, Phase
from otel_nplusone._core.fingerprint import Fingerprint
from otel_nplusone._core.model import Kind, RepeatClass, Span
from otel_nplusone._core.parameters import parameters

# A loader's chunk is long. A short list next to `= ?` is a condition of a query that repeats:
# WHERE owner_id = ? AND status IN (?, ?)
_SHORT_LIST = 20
_FEW_TIMES = 2
_BATCH_SIZE, _PIPELINE = semconv.BATCH_SIZE
_VALUES_HASH = semconv.VALUES_HASH
_PATH = semconv.CODE_PATH
_FUNCTION, _OLD_FUNCTION = semconv.CODE_FUNCTION
_FILE, _OLD_FILE = semconv.CODE_FILE
_IGNORED = semconv.IGNORED
_FOLDED, _COMPOSITE, _SPAN_COMPOSITE = semconv.FOLDED_COUNT
start_and_id = itemgetter(Span._fields.index("start_time_unix_nano"), Span._fields.index("span_id"))
Variant = tuple[Asked, list[Span]]
_DERIVED = (
    "spans",
    "repeats",
    "covered_ns",
    "distinct_values",
    "_placed",
    "_told",
    "codes",
    "sites",
)


class Group:
    """Hold the spans of one statement: executions, what is around them, attempts that failed.

    A variant is a text of the statement: others have other literals, or lists of another length.
    """

    def __init__(self, number: int, asked: Asked) -> None:
        self.number = number
        self.kind: Kind = asked.kind
        self.system = asked.system
        self.namespace = asked.namespace
        self.statement: Fingerprint = asked.statement
        self.fan_out = 0
        self.pattern: tuple[str, ...] = ()
        self._phases: dict[Phase, list[Variant]] = {phase: [] for phase in Phase}
        self._counted: set[str] | None = None

    def variant(self, asked: Asked, *, failed: bool) -> list[Span]:
        """Begin a variant; return the list that its spans go into."""
        spans: list[Span] = []
        self._phases[Phase.FAILED if failed else asked.phase].append((asked, spans))
        if asked.statement.has_binds:
            self.statement = asked.statement
        return spans

    def take(self, others: Sequence["Group"]) -> "Group":
        """Take the spans of other groups as well: those of one fan-out."""
        for other in others:
            for phase, variants in other._phases.items():
                self._phases[phase].extend(variants)
        return self

    def count_only(self, spans: list[Span]) -> None:
        """Count these alone; what failed may be among them, a row each."""
        if len(spans) != len(self.spans):
            for name in _DERIVED:
                self.__dict__.pop(name, None)
            self.spans = spans
            self._counted = {span[1] for span in spans}

    def without_ignored(self) -> "Group":
        """Pass over the spans that ignore() was said for."""
        if any(_IGNORED in span[9] for span in self.spans):
            self.count_only([span for span in self.spans if _IGNORED not in span[9]])
        return self

    @property
    def _executed(self) -> list[Variant]:
        """Return the executions; where no span tells of them, what was prepared was executed."""
        return self._phases[Phase.EXECUTE] or self._phases[Phase.PREPARE]

    @property
    def failures(self) -> list[Span]:
        """Return what failed, in order."""
        failed = chain.from_iterable(v[1] for v in self._phases[Phase.FAILED])
        return sorted(failed, key=start_and_id)

    @cached_property
    def spans(self) -> list[Span]:
        """Return the executions that count, in order."""
        variants = self._executed
        if len(variants) == 1:
            spans = variants[0][1]
        else:
            spans = sorted(chain.from_iterable(v[1] for v in variants), key=start_and_id)
        return _without_doubles(spans) if len({span[4] for span in spans}) == 2 else spans

    @cached_property
    def folded(self) -> dict[str, int]:
        """Say how many each span stands for, where that is not itself alone."""
        return {
            span[1]: semconv.stands_for(span[9])
            for variants in self._phases.values()
            for _, spans in variants
            for span in spans
            if _FOLDED in span[9] or _COMPOSITE in span[9] or _SPAN_COMPOSITE in span[9]
        }

    @cached_property
    def repeats(self) -> int:
        """Say how often it was executed."""
        if not self.folded:
            return len(self.spans)
        return sum(self.folded.get(span[1], 1) for span in self.spans)

    @property
    def asked(self) -> int:
        """Say how often it was sent, whether that counts as a repeat or not."""
        sent = [spans for _, spans in self._executed + self._phases[Phase.FAILED]]
        more = sum(self.folded.values()) - len(self.folded)
        return sum(map(len, sent)) + more

    @cached_property
    def covered_ns(self) -> int:
        """Return the time in which at least one span was running: prepare and fetch as well."""
        spans = self.spans
        around = self._phases[Phase.PREPARE] + self._phases[Phase.FETCH]
        if around:
            ran = {span[1]: span for span in (*spans, *chain.from_iterable(v[1] for v in around))}
            spans = sorted(ran.values(), key=start_and_id)
        covered = latest = 0
        for span in spans:
            start, end = span[6], span[7]
            if self.folded and span[1] in self.folded:
                # Those that it stands for ran between others, which are not folded.
                covered += _folded_ns(span[9], end - start)
            elif end > latest:
                covered += end - (latest if start < latest else start)
                latest = end
        return max(covered, 0)

    @property
    def is_overlapping(self) -> bool:
        """Tell whether at least half of the repeats began before an earlier one had ended."""
        latest = overlaps = 0
        for span in self.spans:
            if span[6] < latest:
                overlaps += 1
            elif span[7] > latest:
                latest = span[7]
        return overlaps * 2 >= len(self.spans)

    @cached_property
    def distinct_values(self) -> int | None:
        """Say how many different values it came with; None where spans do not tell."""
        if self.statement.is_sequence or self.fan_out:
            return None
        if self.folded:
            return self._folded_values
        asked, spans = (self._executed or self._phases[Phase.FAILED])[0]
        if None in values_of(asked.statement, spans[:1]):
            return None  # one that is unknown is enough, and most spans tell nothing
        known = {value for _, values in self._counted_values() for value in values}
        return None if None in known else len(known)

    @property
    def _folded_values(self) -> int | None:
        """Return what folded spans tell of the values of all that were like them."""
        told = {span[9].get(semconv.FOLDED_VALUES) for span in self.spans if span[1] in self.folded}
        if len(self._executed) > 1 or self._counted is not None or len(told) != 1:
            return None
        (value,) = told
        return value if isinstance(value, int) else None

    def _counted_values(self) -> Iterator[tuple[Asked, Sequence[object]]]:
        """Return the variants that count, each with what tells the values of its spans."""
        counted = self._counted
        for asked, spans in self._executed + (self._phases[Phase.FAILED] if counted else []):
            mine = spans if counted is None else [s for s in spans if s[1] in counted]
            if mine:
                yield asked, values_of(asked.statement, mine)

    def values(self) -> dict[str, object]:
        """Return what tells the values of each span, failed ones too, by its id."""
        return {
            span[1]: value
            for asked, spans in self._executed + self._phases[Phase.FAILED]
            for span, value in zip(spans, values_of(asked.statement, spans), strict=True)
        }

    @cached_property
    def _placed(self) -> list[Span]:
        """Return the spans that may tell their place: a few of many, where that takes time."""
        return [
            span
            for span in self.spans
            if _FUNCTION in (told := span[9])
            or _FILE in told
            or _OLD_FUNCTION in told
            or _OLD_FILE in told
        ]

    @cached_property
    def _told(self) -> list[tuple[str | None, str | None]]:
        """Return place and way of each span that may tell them, as they belong together."""
        told = []
        for span in self._placed:
            way = span[9].get(_PATH)
            told.append((semconv.code_location(span[9]), way if type(way) is str and way else None))
        return told

    @cached_property
    def codes(self) -> list[str]:
        """Return where in the caller's code it is sent, of each span that tells."""
        return [place for place, _ in self._told if place]

    @cached_property
    def sites(self) -> list[str]:
        """Return the way to the loop of each span that tells, or its place where that is all."""
        if not self.codes:
            return []
        return list(filter(None, (way or place for place, way in self._told)))

    @property
    def path(self) -> str | None:
        """Return the way to the loop that most spans tell."""
        return self._place[1]

    @property
    def load(self) -> str | None:
        """Return what an ORM has loaded by itself, `deferred Cat.notes`."""
        return self._last_told(semconv.LOAD)

    @property
    def code(self) -> str | None:
        """Return the place that most spans tell."""
        return self._place[0]

    @property
    def _place(self) -> tuple[str | None, str | None]:
        """Return place and way of one span, so that they belong together."""
        if not self.codes:
            return None, None
        return Counter(told for told in self._told if told[0]).most_common(1)[0][0]

    @property
    def relationship(self) -> str | None:
        """Return the relationship that a lazy load was for, `Appointment.cat`."""
        return self._last_told(semconv.RELATIONSHIP)

    def _last_told(self, key: str) -> str | None:
        spans = self._placed or self.spans
        return semconv.text(spans[-1][9], (key,)) or None

    def is_scattered(self, places: Sequence[str]) -> bool:
        """Tell whether no loop sends it: every span is from a place that sends it once or twice."""
        counts = Counter(places)
        return (
            len(places) == len(self.spans) == self.repeats
            and len(counts) > _FEW_TIMES
            and max(counts.values()) <= _FEW_TIMES
        )

    def repeat_class(self, min_repeats: int, *, scattered: bool) -> RepeatClass:
        """Return what the repeats are.

        Fewer different values than would be worth telling: without the redundancy there would be
        no finding, so that the redundancy is the fault.
        """
        distinct = self.distinct_values
        is_chunk = self._is_chunk or any(asked.statement.is_page for asked, _ in self._executed)
        if self.statement.many_rows or self.statement.is_cursor or self._is_batch:
            return RepeatClass.CHUNKED_BATCH
        if self.statement.is_write and not is_chunk:
            return RepeatClass.ROW_BY_ROW_WRITE
        if is_chunk and (distinct is None or distinct > 1):
            return RepeatClass.CHUNKED_BATCH
        if distinct is not None and distinct < min_repeats:
            return RepeatClass.REDUNDANT
        return RepeatClass.REDUNDANT if scattered else RepeatClass.N_PLUS_ONE

    @property
    def _is_batch(self) -> bool:
        told = [s[9] for s in self.spans if _BATCH_SIZE in s[9] or _PIPELINE in s[9]]
        return any((semconv.number(one, semconv.BATCH_SIZE) or 1) > 1 for one in told)

    @property
    def _is_chunk(self) -> bool:
        """Tell whether a loader reads list after list; docs/decisions has the rule."""
        if self.statement.list_size == 0:
            return False
        sizes = self._list_sizes()
        longest = max(sizes, default=0)  # none, where all failed
        if longest < 2 or (self.statement.has_equality and longest < _SHORT_LIST):
            return False
        never_grows = all(a >= b for a, b in pairwise(sizes))
        return longest >= _SHORT_LIST or (never_grows and sizes.count(longest) * 2 >= len(sizes))

    def _list_sizes(self) -> list[int]:
        sized = [
            (start_and_id(span), asked.statement.list_size)
            for asked, spans in self._executed
            for span in spans
        ]
        return [size for _, size in sorted(sized)]


def values_of(statement: Fingerprint, spans: Sequence[Span]) -> Sequence[object]:
    """Return what tells the values of each span from those of others; None where nothing does."""
    hashes = [span[9].get(_VALUES_HASH) for span in spans]
    if None not in hashes:
        return list(map(str, hashes))
    in_text = None if statement.has_binds or statement.is_cut else statement.values
    recorded = [parameters(span[9]) for span in spans]
    return [
        in_text if known is None and values is None else (str(known), values, in_text)
        for known, values in zip(hashes, recorded, strict=True)
    ]


def _folded_ns(attributes: Mapping[str, object], otherwise: int) -> int:
    for key, ns in semconv.FOLDED_NS.items():
        value = attributes.get(key)
        if isinstance(value, int | float) and value > 0:
            return round(value * ns)
    return otherwise


def _without_doubles(spans: list[Span]) -> list[Span]:
    """Take the library's span and the driver's, one within the other's time, for one execution."""
    first = [span for span in spans if span[4] == spans[0][4]]
    second = [span for span in spans if span[4] != spans[0][4]]
    if len(first) != len(second):
        return spans
    pairs = zip(first, second, strict=True)
    within = all(a[2] == b[2] and a[6] <= b[6] and b[7] <= a[7] for a, b in pairs)
    return first if within and len(first) > 1 else spans
