"""Make spans for the trace backends, and send them.

The spans are those of the incident: statements as SQLAlchemy's instrumentation records them, 512
to a request, each request a trace of its own. Bodies are sent again and again under other trace
ids, which are patched into their bytes, so that what is measured is the server alone.
"""

import concurrent.futures
import http.client
import itertools
import os
import time
from dataclasses import dataclass, field

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

SPANS_PER_REQUEST = 512
SENDERS = 2
# One body in _BODIES is of the service that is searched for, and takes this much longer.
RARE_SERVICE = "billing"
RARE_SECONDS = 5
_BODIES = 16
# No byte of a body that is not an id: sixteen of them in a row are a trace id and nothing else.
_FIRST_MARKER = 0xC0
_SELECT_CAT = (
    "SELECT cat.id, cat.name, cat.age, cat.color, cat.lives, cat.owner_id FROM cat WHERE cat.id = ?"
)
_SELECT_APPOINTMENT = (
    "SELECT appointment.id, appointment.start, appointment.duration, appointment.cat_id"
    " FROM appointment WHERE appointment.veterinarian_id = ?"
)


@dataclass(slots=True)
class Sent:
    """Hold what was acknowledged, and how long that took."""

    spans: int = 0
    seconds: float = 0.0
    trace_ids: list[str] = field(default_factory=list)

    @property
    def spans_per_second(self) -> float:
        return self.spans / self.seconds


def send(port: int, *, seconds: float = 0.0, spans: int = 0) -> Sent:
    """Send from SENDERS connections at once, for `seconds` or until `spans` are acknowledged."""
    markers = [bytes([_FIRST_MARKER + number]) * 16 for number in range(_BODIES)]
    templates = [(marker, template(marker, number)) for number, marker in enumerate(markers)]
    begin = time.perf_counter()
    share = spans // SENDERS

    def sender(_: int) -> Sent:
        sent = Sent()
        connection = connect(port)
        for marker, body in itertools.cycle(templates):
            if sent.spans >= share if spans else time.perf_counter() - begin >= seconds:
                break
            trace_id = os.urandom(16)
            post(connection, body.replace(marker, trace_id))
            sent.spans += SPANS_PER_REQUEST
            sent.trace_ids.append(trace_id.hex())
        return sent

    with concurrent.futures.ThreadPoolExecutor(SENDERS) as pool:
        parts = list(pool.map(sender, range(SENDERS)))
    return Sent(
        spans=sum(part.spans for part in parts),
        seconds=time.perf_counter() - begin,
        trace_ids=[trace_id for part in parts for trace_id in part.trace_ids],
    )


def template(marker: bytes, number: int) -> bytes:
    """Make a body: one in _BODIES is of the rare service and slow, the others are the clinic's."""
    if number == 0:
        return body(marker, SPANS_PER_REQUEST, service=RARE_SERVICE, seconds=RARE_SECONDS)
    return body(marker, SPANS_PER_REQUEST)


def body(
    trace_id: bytes,
    spans: int,
    *,
    service: str = "cat-clinic",
    seconds: float = 1.0,
    cats_each: int | None = None,
) -> bytes:
    """Make a request with one trace: a page that sends a statement per span.

    cats_each: the cats that follow each query for a veterinarian's appointments.
    """
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    for key, value in (
        ("service.name", service),
        ("service.instance.id", "bench"),
        ("telemetry.sdk.name", "opentelemetry"),
        ("telemetry.sdk.language", "python"),
        ("telemetry.sdk.version", "1.45.1"),
    ):
        resource_spans.resource.attributes.add(key=key).value.string_value = value
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name = "opentelemetry.instrumentation.sqlalchemy"
    now = time.time_ns()
    step = round(seconds * 1e9 / spans)
    root = os.urandom(8)
    scope_spans.spans.add(
        trace_id=trace_id,
        span_id=root,
        name="GET /success-stories",
        kind=Span.SPAN_KIND_SERVER,
        start_time_unix_nano=now,
        end_time_unix_nano=now + spans * step,
    )
    for number in range(1, spans):
        span = scope_spans.spans.add(trace_id=trace_id, parent_span_id=root)
        is_cat = cats_each is None or number % (cats_each + 1) != 1
        _add_statement(span, "cat" if is_cat else "appointment", now + number * step)
    return request.SerializeToString()


def _add_statement(span: Span, table: str, start: int) -> None:
    span.span_id = os.urandom(8)
    span.name = f"SELECT {table}"
    span.kind = Span.SPAN_KIND_CLIENT
    span.flags = 256
    span.start_time_unix_nano = start
    span.end_time_unix_nano = start + 350_000
    for key, value in (
        ("db.system.name", "sqlite"),
        ("db.namespace", "clinic"),
        ("db.operation.name", "SELECT"),
        ("db.collection.name", table),
        ("db.query.text", _SELECT_CAT if table == "cat" else _SELECT_APPOINTMENT),
        ("server.address", "127.0.0.1"),
    ):
        span.attributes.add(key=key).value.string_value = value
    span.attributes.add(key="server.port").value.int_value = 5432


def connect(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=60)


def post(connection: http.client.HTTPConnection, sent: bytes) -> None:
    headers = {"Content-Type": "application/x-protobuf"}
    connection.request("POST", "/v1/traces", body=sent, headers=headers)
    _read(connection)


def get(connection: http.client.HTTPConnection, path: str) -> bytes:
    """Return the answer's body; raise RuntimeError for anything but a 200."""
    connection.request("GET", path)
    return _read(connection)


def _read(connection: http.client.HTTPConnection) -> bytes:
    response = connection.getresponse()
    answer = response.read()
    if response.status != 200:
        raise RuntimeError(f"the backend answered {response.status}: {answer[:200]!r}")
    return answer
