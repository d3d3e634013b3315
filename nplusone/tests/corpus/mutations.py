"""Change traces as their way does, which must not change what is said of them.

Every mutation gives the spans of one case again, as a backend would hand them on. Ids stay, so
that a finding in a mutated trace can be compared with the label of the recorded one.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence

from otel_nplusone._core.model import Span, SpanKind

Mutation = Callable[[Sequence[Span]], list[Span]]
_CUT_AT = 256
_LOST = 5
_SECOND = 1_000_000_000
# https://opentelemetry.io/docs/specs/semconv/non-normative/db-migration/ and .../http-migration/
_OLD_TO_NEW = {
    "db.statement": "db.query.text",
    "db.system": "db.system.name",
    "db.name": "db.namespace",
    "db.operation": "db.operation.name",
    "db.sql.table": "db.collection.name",
    "db.mongodb.collection": "db.collection.name",
    "http.method": "http.request.method",
    "http.url": "url.full",
    "http.status_code": "http.response.status_code",
    "net.peer.name": "server.address",
    "net.peer.port": "server.port",
    "messaging.destination": "messaging.destination.name",
}
_NEW_TO_OLD = {new: old for old, new in _OLD_TO_NEW.items() if old != "db.mongodb.collection"}
_TEXTS = ("db.statement", "db.query.text")


def shuffled(spans: Sequence[Span]) -> list[Span]:
    """Shuffle the spans."""
    return random.Random(5).sample(spans, len(spans))


def in_pieces(spans: Sequence[Span]) -> list[Span]:
    """Put every third span first, as batches of several services arrive."""
    return [span for start in range(3) for span in spans[start::3]]


def late(spans: Sequence[Span]) -> list[Span]:
    """Put the root first, and its children from the last to the first."""
    return sorted(spans, key=lambda span: (bool(span.parent_span_id), -span.start_time_unix_nano))


def doubled(spans: Sequence[Span]) -> list[Span]:
    """Send each span twice, as after an export that was tried again."""
    return [*spans, *spans]


def other_clocks(spans: Sequence[Span]) -> list[Span]:
    """Give each service a clock of its own, seconds apart."""
    services = sorted({span.service for span in spans})
    shift = {service: (7 * n + 3) * _SECOND for n, service in enumerate(services)}
    return [
        span._replace(
            start_time_unix_nano=span.start_time_unix_nano + shift[span.service],
            end_time_unix_nano=span.end_time_unix_nano + shift[span.service],
        )
        for span in spans
    ]


def root_lost(spans: Sequence[Span]) -> list[Span]:
    """Lose the span that has no parent, where another one is left to be its child."""
    kept = [span for span in spans if span.parent_span_id]
    return kept or list(spans)


def new_conventions(spans: Sequence[Span]) -> list[Span]:
    """Use the stable semantic conventions."""
    return [_renamed(span, _OLD_TO_NEW) for span in spans]


def old_conventions(spans: Sequence[Span]) -> list[Span]:
    """Use the old semantic conventions."""
    return [_renamed(span, _NEW_TO_OLD) for span in spans]


def cut_texts(spans: Sequence[Span]) -> list[Span]:
    """Cut texts to 256 characters: their values are unknown then."""
    return [
        span._replace(
            attributes={
                key: value[:_CUT_AT] if key in _TEXTS and isinstance(value, str) else value
                for key, value in span.attributes.items()
            }
        )
        for span in spans
    ]


def sampled(spans: Sequence[Span]) -> list[Span]:
    """Lose every sixth CLIENT span of a name, and what is below it: five of six are left."""
    by_name: dict[str, list[Span]] = defaultdict(list)
    for span in spans:
        if span.kind == SpanKind.CLIENT:
            by_name[span.name].append(span)
    lost = {span.span_id for alike in by_name.values() for span in alike[_LOST :: _LOST + 1]}
    while below := {s.span_id for s in spans if s.parent_span_id in lost} - lost:
        lost |= below
    return [span for span in spans if span.span_id not in lost]


def _renamed(span: Span, names: dict[str, str]) -> Span:
    return span._replace(
        attributes={names.get(key, key): value for key, value in span.attributes.items()}
    )


MUTATIONS: dict[str, Mutation] = {
    "as recorded": list,
    "shuffled": shuffled,
    "in pieces": in_pieces,
    "late": late,
    "doubled": doubled,
    "other clocks": other_clocks,
    "root lost": root_lost,
    "new conventions": new_conventions,
    "old conventions": old_conventions,
    "texts cut at 256": cut_texts,
    "sampled children": sampled,
}
# With these a class may change: values that are cut are unknown, a loop may lose its rounds.
LOOSE = frozenset({"texts cut at 256", "sampled children"})
