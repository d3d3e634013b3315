"""Fold the repeats of a statement in one request into one span, where nothing is lost by it.

    SELECT cat   1st ┐                       SELECT cat   1st
    SELECT cat   2nd ├ as they are           SELECT cat   2nd
    SELECT cat   3rd ┘                       SELECT cat   3rd
    SELECT cat   4th to 520th       ──►      SELECT cat   aggregation.span_count = 516
    SELECT cat   the slowest                 SELECT cat   the slowest

What fails, has events or links, or is a parent stays as it is. The attributes are those of the
Collector's span pruning, with which a backend shows them, and the detector reads them. What the
detector says has to be the same before and after: where it is not, as in a loop of several
statements, whose order tells, nothing is folded.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode

from otel_nplusone._core import semconv
from otel_nplusone._core.model import Repeats
from otel_nplusone._live.mark import CopiedSpan
from otel_nplusone._live.sdk_spans import attributes_of, is_statement

# How many of a statement are sent as they are.
FIRST = 3
_PLACE = frozenset(
    (
        *(*semconv.CODE_FUNCTION, *semconv.CODE_FILE, *semconv.CODE_LINE),
        *(semconv.CODE_PATH, semconv.RELATIONSHIP, semconv.LOAD),
    )
)
_OWN = _PLACE | {semconv.VALUES_HASH}
Judge = Callable[[Sequence[ReadableSpan]], list[Repeats]]


class Folded(NamedTuple):
    """Hold the spans to send, and how many others they stand for."""

    spans: list[ReadableSpan]
    left_out: int


def fold(spans: Sequence[ReadableSpan], said: Sequence[Repeats], judge: Judge) -> Folded:
    """Fold what repeats among the spans of one request.

    said: what the detector says of them; judge: asks it again.
    """
    folded = _fold(spans)
    if folded.left_out and _told(judge(folded.spans)) == _told(said):
        return folded
    return Folded(list(spans), 0)


def _told(said: Sequence[Repeats]) -> list[Repeats]:
    """Return what a reader is told: not which spans it is of, and not to the nanosecond."""
    return [
        replace(one, offender_span_ids=(), source_span_id=None, total_ns=0, overlapping=False)
        for one in said
    ]


def _fold(spans: Sequence[ReadableSpan]) -> Folded:
    parents = {span.parent.span_id for span in spans if span.parent is not None}
    alike: dict[object, list[ReadableSpan]] = defaultdict(list)
    for span in spans:
        key = _key(span, parents)
        if key is not None:
            alike[key].append(span)
    out: set[int] = set()
    instead: dict[int, ReadableSpan] = {}
    for members in alike.values():
        if len(members) > FIRST + 2:
            for rest in _rests(members):
                out.update(id(span) for span in rest)
                instead[id(rest[0])] = _standing_for(rest, members)
    kept = [
        instead.get(id(span), span) for span in spans if id(span) in instead or id(span) not in out
    ]
    return Folded(kept, len(spans) - len(kept))


def _key(span: ReadableSpan, parents: set[int]) -> object:
    """Return what spans have in common that may stand for one another; None for any other."""
    context, attributes = span.get_span_context(), attributes_of(span)
    if (
        context is None
        or context.span_id in parents
        or not is_statement(attributes)
        or span.status.status_code is StatusCode.ERROR
        or span.events
        or span.links
        or any(key in attributes for key in semconv.FOLDED_COUNT)
    ):
        return None
    common = tuple((key, value) for key, value in sorted(attributes.items()) if key not in _OWN)
    parent_id = span.parent.span_id if span.parent is not None else 0
    key = parent_id, span.kind, span.name, span.status.status_code, common
    try:
        hash(key)
    except TypeError:  # a list of lists, of a program of its own
        return None
    return key


def _rests(members: list[ReadableSpan]) -> list[list[ReadableSpan]]:
    """Return what can be folded of spans that are alike, by their places."""
    members.sort(key=lambda span: span.start_time or 0)
    rest = members[FIRST:]
    rest.remove(max(rest, key=_duration))
    by_place: dict[object, list[ReadableSpan]] = defaultdict(list)
    for span in rest:
        attributes = attributes_of(span)
        by_place[tuple(attributes.get(key) for key in sorted(_PLACE))].append(span)
    return [spans for spans in by_place.values() if len(spans) > 1]


def _standing_for(rest: list[ReadableSpan], members: list[ReadableSpan]) -> ReadableSpan:
    """Return one span for many: the first one's id and start, and the last one's end.

    It tells how many different values all have that are alike, for they cannot be told apart later.
    """
    durations = [_duration(span) for span in rest]
    attributes = {
        **attributes_of(rest[0]),
        "aggregation.is_summary": True,
        semconv.FOLDED_COUNT[0]: len(rest),
        "aggregation.duration_total_ns": sum(durations),
        "aggregation.duration_avg_ns": sum(durations) // len(rest),
        "aggregation.duration_min_ns": min(durations),
        "aggregation.duration_max_ns": max(durations),
        "aggregation.first_start_unix_nano": rest[0].start_time or 0,
        "aggregation.last_start_unix_nano": rest[-1].start_time or 0,
    }
    attributes.pop(semconv.VALUES_HASH, None)
    values = [attributes_of(span).get(semconv.VALUES_HASH) for span in members]
    if None not in values:
        attributes[semconv.FOLDED_VALUES] = len(set(values))
    return CopiedSpan(rest[0], attributes, end_time=max(span.end_time or 0 for span in rest))


def _duration(span: ReadableSpan) -> int:
    return (span.end_time or 0) - (span.start_time or 0)
