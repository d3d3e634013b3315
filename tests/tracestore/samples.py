"""Make export requests for tests, with OTLP's own classes."""

import itertools
import math
from collections.abc import Iterator, Sequence

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

# A Tuesday in 2026, so that times in tests are the same every day.
START = 1_784_000_000_000_000_000
MS = 1_000_000
TRACE = bytes.fromhex("0af7651916cd43dd8448eb211c80319c")


def span_id(number: int) -> bytes:
    return number.to_bytes(8, "big")


def span(
    number: int = 1,
    *,
    trace_id: bytes = TRACE,
    parent: int = 0,
    name: str = "GET /",
    start_ms: float = 0,
    ms: float = 1,
    statement: str = "",
    error: bool = False,
) -> Span:
    """Make a span that starts `start_ms` after START and takes `ms`; parent 0 means a root."""
    made = Span(
        trace_id=trace_id,
        span_id=span_id(number),
        parent_span_id=span_id(parent) if parent else b"",
        name=name,
        kind=Span.SPAN_KIND_CLIENT if statement else Span.SPAN_KIND_SERVER,
        start_time_unix_nano=START + round(start_ms * MS),
        end_time_unix_nano=START + round((start_ms + ms) * MS),
    )
    if statement:
        made.attributes.add(key="db.query.text").value.string_value = statement
    if error:
        made.status.code = made.status.STATUS_CODE_ERROR
    return made


def request(
    spans: Sequence[Span], *, service: str = "cat-clinic", scope: str = "tests"
) -> ExportTraceServiceRequest:
    """Make a request of one resource and one scope."""
    made = ExportTraceServiceRequest()
    resource_spans = made.resource_spans.add()
    resource_spans.resource.attributes.add(key="service.name").value.string_value = service
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name = scope
    scope_spans.spans.extend(spans)
    return made


def everything(trace_id: bytes = TRACE) -> ExportTraceServiceRequest:
    """Make a request that uses every field of a span, its scope and its resource."""
    rich = span(1, trace_id=trace_id, name='quote " and é', error=True)
    rich.parent_span_id = span_id(9)
    rich.trace_state = "vendor=1"
    rich.flags = 257
    rich.status.message = "broken"
    rich.dropped_attributes_count = 1
    rich.dropped_events_count = 2
    rich.dropped_links_count = 3
    value = rich.attributes
    value.add(key="text").value.string_value = "a"
    value.add(key="empty").value.string_value = ""
    value.add(key="whole").value.int_value = -(2**63)
    value.add(key="real").value.double_value = 0.1
    value.add(key="endless").value.double_value = math.inf
    value.add(key="yes").value.bool_value = True
    value.add(key="no").value.bool_value = False
    value.add(key="bytes").value.bytes_value = b"\x00\xff"
    value.add(key="list").value.array_value.values.add().int_value = 1
    value.add(key="map").value.kvlist_value.values.add(key="k").value.string_value = "v"
    value.add(key="nothing").value.SetInParent()  # as Jaeger writes it
    event = rich.events.add(time_unix_nano=START, name="exception", dropped_attributes_count=4)
    event.attributes.add(key="exception.type").value.string_value = "ValueError"
    link = rich.links.add(trace_id=b"l" * 16, span_id=b"l" * 8, trace_state="a=b", flags=1)
    link.attributes.add(key="why").value.string_value = "batch"
    link.dropped_attributes_count = 5
    plain = span(2, trace_id=trace_id)
    plain.status.SetInParent()  # Jaeger writes every span's status, also an empty one
    made = request([rich, plain])
    resource_spans = made.resource_spans[0]
    resource_spans.schema_url = "https://opentelemetry.io/schemas/1.30.0"
    resource_spans.resource.dropped_attributes_count = 6
    scope_spans = resource_spans.scope_spans[0]
    scope_spans.schema_url = "https://opentelemetry.io/schemas/1.29.0"
    scope_spans.scope.version = "1"
    scope_spans.scope.dropped_attributes_count = 7
    scope_spans.scope.attributes.add(key="short").value.string_value = "yes"
    return made


def naive_trace(trace_id: bytes = TRACE, *, veterinarians: int = 10, cats: int = 50) -> list[Span]:
    """Make the incident: a clinic, its veterinarians, the appointments of each, and every cat."""
    children = list(_naive_children(veterinarians, cats))
    end_ms = sum(ms + 0.4 for _, _, ms in children) + 2
    spans = [span(1, trace_id=trace_id, name="GET /success-stories", ms=end_ms)]
    at = 1.0
    for number, (name, statement, ms) in enumerate(children, start=2):
        spans.append(
            span(
                number,
                trace_id=trace_id,
                parent=1,
                name=name,
                start_ms=at,
                ms=ms,
                statement=statement,
            )
        )
        at += ms + 0.4
    return spans


def _naive_children(veterinarians: int, cats: int) -> Iterator[tuple[str, str, float]]:
    """Yield name, statement and milliseconds of what the page sends, in order."""
    wobble = itertools.cycle((0.31, 0.36, 0.29, 0.44, 0.33, 0.38, 0.52))
    yield "connect", "", 0.2
    yield "SELECT clinic", "SELECT clinic.id, clinic.name FROM clinic WHERE clinic.name = ?", 0.6
    yield (
        "SELECT veterinarian",
        "SELECT person.id, person.given_name, person.surname, veterinarian.license_number"
        " FROM person JOIN veterinarian ON person.id = veterinarian.id"
        " WHERE veterinarian.clinic_id = ?",
        1.1,
    )
    for _ in range(veterinarians):
        yield (
            "SELECT appointment",
            "SELECT appointment.id, appointment.start, appointment.duration, appointment.cat_id"
            " FROM appointment WHERE appointment.veterinarian_id = ?",
            2.4,
        )
        for _ in range(cats):
            yield (
                "SELECT cat",
                "SELECT cat.id, cat.name, cat.age, cat.color, cat.lives, cat.owner_id"
                " FROM cat WHERE cat.id = ?",
                next(wobble),
            )
