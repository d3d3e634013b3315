"""Write down what repeats, from the groups of its spans."""

from collections import Counter
from collections.abc import Callable, Sequence

from otel_nplusone._core.fingerprint import fingerprint
from otel_nplusone._core.group import Group
from otel_nplusone._core.model import RepeatClass, Repeats

Source = tuple[str, str] | None


def single(
    group: Group, repeat_class: RepeatClass, source: Source, callers: Sequence[str]
) -> Repeats:
    """Tell of one statement; `source` is the text and the span id of the one before it."""
    scattered = callers if group.is_scattered(callers) else ()
    places, counts = _counted(group.sites or scattered)
    return Repeats(
        repeat_class=repeat_class,
        system=group.system,
        namespace=group.namespace,
        fingerprint=group.statement.digest,
        statement=group.statement.text,
        pattern=group.pattern or (group.statement.text,),
        repeats=group.repeats,
        statements=group.repeats,
        distinct_values=group.distinct_values,
        total_ns=group.covered_ns,
        overlapping=group.is_overlapping,
        source_statement=source and source[0],
        source_span_id=source and source[1],
        code=group.code,
        relationship=group.relationship,
        offender_span_ids=tuple([span[1] for span in group.spans]),
        kind=group.kind,
        places=places,
        place_counts=counts,
        fan_out=group.fan_out,
        path=group.path,
        load=group.load,
    )


def nested(groups: Sequence[Group], rounds: int, source: Source) -> Repeats:
    """Tell of a loop that sends several statements in each round."""
    first = groups[0]
    texts = tuple(g.statement.text for g in groups)
    places, counts = _counted([site for group in groups for site in group.sites])
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
        source_statement=source and source[0],
        source_span_id=source and source[1],
        code=_first(groups, lambda g: g.code),
        relationship=_first(groups, lambda g: g.relationship),
        offender_span_ids=tuple(span[1] for g in groups for span in g.spans),
        kind=first.kind,
        path=_first(groups, lambda g: g.path),
        load=_first(groups, lambda g: g.load),
        places=places,
        place_counts=counts,
        same_values=tuple(g.statement.text for g in groups if g.distinct_values == 1),
    )


def _counted(sites: Sequence[str]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return different places, the most frequent first, and how often each is there."""
    counted = Counter(sites).most_common()
    if len(counted) < 2:
        return (), ()
    return tuple(place for place, _ in counted), tuple(count for _, count in counted)


def _first(groups: Sequence[Group], what: Callable[[Group], str | None]) -> str | None:
    return next((value for value in map(what, groups) if value), None)
