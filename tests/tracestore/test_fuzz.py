"""Send a hundred thousand odd inputs: nothing may crash, answer with a 5xx, or keep memory.

Bodies are those of real exporters with bytes changed, cut, doubled and swapped; addresses are
those of the API with values of the wrong kind. FUZZ_SEED makes another run; each prints its seed.
"""

import gzip
import json
import os
import random
import string
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.tracestore.samples import TRACE, everything, naive_trace, request, span
from tracestore.api.otlp_json import resource_spans_json
from tracestore.app import create_app
from tracestore.intake.decode import decode_spans
from tracestore.store.database import Store
from tracestore.store.writer import write_spans

pytestmark = pytest.mark.fuzz

SEED = int(os.environ.get("FUZZ_SEED", "20"))
BODIES = 80_000
ADDRESSES = 20_000
UPLOADS = 5_000
MB = 1_000_000

PROTOBUF, JSON = "application/x-protobuf", "application/json"
ADDRESS_PATHS = (
    "/api/v3/traces",
    "/api/v3/traces/%s",
    "/api/v3/trace-summaries",
    "/api/v3/operations",
    "/api/v3/dependencies",
    "/api/traces",
    "/api/traces/%s",
    "/api/operations",
    "/api/services/%s/operations",
    "/api/dependencies",
    "/api/metrics/latest",
    "/search",
    "/trace/%s",
    "/trace/%s/spans/%s",
    "/trace/%s/matches",
    "/trace/%s/otlp.json",
    "/compare",
)
NAMES = (
    *("service", "operation", "spanKind", "tags", "tag", "start", "end", "minDuration"),
    *("maxDuration", "limit", "raw", "endTs", "lookback", "traceID", "prettyPrint", "sort"),
    *("fold", "find", "trace", "startTime", "endTime", "rawTraces", "query.serviceName"),
    *("query.operationName", "query.startTimeMin", "query.startTimeMax", "query.searchDepth"),
    *("query.durationMin", "query.durationMax", "query.attributes", "query.rawTraces"),
)
VALUES = (
    *("", "cat-clinic", "GET /", TRACE.hex(), "0", "-1", "1", "9" * 18, "9" * 400, "NaN", "1e309"),
    *("2026-01-01T00:00:00Z", "2027-01-01T00:00:00+23:59", "0001-01-01T00:00:00Z"),
    *("9999-12-31T23:59:59.999999999-12:00", "2026-02-30T00:00:00Z", "1ms", "1.5h", "9999999h"),
    *("{}", '{"a":"b"}', '{"error":"true"}', "[" * 2000, '{"a":1}', "true", "t", "\x00", "\ud7ff"),
    *("'; DROP TABLE span; --", "<script>", "%", "a:b", 'a="b', "١٢٣", "...", "a...b", "none"),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "traces.db", max_spans=5_000) as opened:
        yield opened


@pytest.fixture
def client(store: Store) -> FlaskClient:
    return create_app(store, max_body_bytes=MB).test_client()


def test_mutated_bodies_are_accepted_or_refused(client: FlaskClient) -> None:
    chance = random.Random(SEED)
    seeds = export_bodies()

    def send(_: int) -> int:
        path, kind, body = chance.choice(seeds)
        body = mutate(chance, body)
        headers = {}
        if chance.random() < 0.2:
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body, 1) if chance.random() < 0.7 else body
            body = mutate(chance, body) if chance.random() < 0.5 else body
        return client.post(path, data=body, content_type=kind, headers=headers).status_code

    statuses = run(send, BODIES)

    assert set(statuses) <= {200, 400, 413}, statuses
    assert min(statuses[200], statuses[400]) > BODIES // 100  # both ways were taken


def test_odd_addresses_are_answered_or_refused(client: FlaskClient, store: Store) -> None:
    chance = random.Random(SEED + 1)
    write_spans(store, decode_spans(request(naive_trace(veterinarians=2, cats=8))).sources)
    write_spans(store, decode_spans(everything(b"\x01" * 16)).sources)

    def ask(_: int) -> int:
        path = chance.choice(ADDRESS_PATHS)
        while "%s" in path:
            path = path.replace("%s", client_path(chance), 1)
        query = [(chance.choice(NAMES), value(chance)) for _ in range(chance.randrange(6))]
        return client.get(path, query_string=query).status_code

    statuses = run(ask, ADDRESSES)

    assert set(statuses) <= {200, 302, 308, 400, 404, 405}, statuses
    assert min(statuses[200], statuses[400]) > ADDRESSES // 100


def test_mutated_files_are_stored_or_refused(client: FlaskClient, store: Store) -> None:
    chance = random.Random(SEED + 2)
    write_spans(store, decode_spans(request([span(1), span(2, parent=1)])).sources)
    write_spans(store, decode_spans(everything(b"\x01" * 16)).sources)
    seeds = [
        client.get(f"/trace/{trace_id}/{form}.json").data
        for trace_id in (TRACE.hex(), "01" * 16)
        for form in ("otlp", "jaeger")
    ]

    def upload(_: int) -> int:
        body = mutate(chance, chance.choice(seeds))
        start = b'--x\r\nContent-Disposition: form-data; name="file"; filename="t"\r\n\r\n'
        kind = "multipart/form-data; boundary=x"
        return client.post(
            "/upload", data=start + body + b"\r\n--x--\r\n", content_type=kind
        ).status_code

    statuses = run(upload, UPLOADS)

    assert set(statuses) <= {303, 400, 413}, statuses
    assert min(statuses[303], statuses[400]) > UPLOADS // 100


IDS = st.sampled_from([bytes([n]) * 8 for n in range(1, 7)])
NANOS = st.one_of(st.integers(0, 2**64 - 1), st.integers(0, 10**6))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@st.composite
def odd_spans(draw: st.DrawFn) -> Span:
    """Draw a span that OTLP can carry: circles of parents, ends before starts, any text."""
    made = Span(
        trace_id=TRACE,
        span_id=draw(IDS),
        parent_span_id=draw(st.one_of(st.just(b""), IDS)),
        name=draw(TEXTS),
        start_time_unix_nano=draw(NANOS),
        end_time_unix_nano=draw(NANOS),
        trace_state=draw(TEXTS),
    )
    for key in draw(st.lists(st.one_of(st.just("db.query.text"), TEXTS), max_size=3)):
        made.attributes.add(key=key).value.string_value = draw(TEXTS)
    made.attributes.add(key="n").value.double_value = draw(st.floats())
    made.kind = draw(st.integers(0, 9))  # type: ignore[assignment]  # an enum's number
    made.status.code = draw(st.integers(0, 3))  # type: ignore[assignment]
    made.links.add(trace_id=draw(st.binary(max_size=20)), span_id=draw(st.binary(max_size=10)))
    return made


@settings(
    max_examples=500,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(odd_spans(), min_size=1, max_size=8))
def test_odd_spans_are_shown_by_every_page(client: FlaskClient, spans: list[Span]) -> None:
    body = request(spans, service=spans[0].name or "a").SerializeToString()
    trace_id = TRACE.hex()

    assert client.post("/v1/traces", data=body, content_type=PROTOBUF).status_code == 200
    for path in (
        f"/trace/{trace_id}",
        f"/trace/{trace_id}?fold=none",
        f"/trace/{trace_id}...{trace_id}",
        f"/trace/{trace_id}/spans/{spans[0].span_id.hex()}",
        f"/trace/{trace_id}/matches?find=a",
        f"/api/v3/traces/{trace_id}",
        f"/api/traces/{trace_id}",
        "/search",
    ):
        assert client.get(path).status_code == 200, path


def run(act: Callable[[int], int], times: int) -> Counter[int]:
    """Act a number of times; the second half must not keep memory."""
    process = psutil.Process()
    statuses: Counter[int] = Counter()
    before = 0
    for number in range(times):
        if number == times // 2:
            before = process.memory_info().rss
        statuses[act(number)] += 1
    grown = process.memory_info().rss - before
    print(f"seed {SEED}: {dict(statuses)}, {grown / MB:+.1f} MB in the second half")
    assert grown < 24 * MB
    return statuses


def export_bodies() -> list[tuple[str, str, bytes]]:
    """Make requests as exporters send them: address, content type, body."""
    traces = [everything(), request(naive_trace(veterinarians=1, cats=2))]
    metrics = ExportMetricsServiceRequest()
    made = metrics.resource_metrics.add().scope_metrics.add().metrics
    made.add(name="cats", unit="1").sum.data_points.add(as_int=9, time_unix_nano=1)
    made.add(name="wait").histogram.data_points.add(
        count=2, sum=1.5, explicit_bounds=[1.0], bucket_counts=[1, 1]
    )
    bodies = [("/v1/traces", PROTOBUF, sent.SerializeToString()) for sent in traces]
    for sent in traces:
        parts = [
            resource_spans_json(source.resource, source.scope, [row.body for row in source.spans])
            for source in decode_spans(sent).sources
        ]
        text = f'{{"resourceSpans":[{",".join(parts)}]}}'
        assert json.loads(text)
        bodies.append(("/v1/traces", JSON, text.encode()))
    return [*bodies, ("/v1/metrics", PROTOBUF, metrics.SerializeToString())]


def mutate(chance: random.Random, body: bytes) -> bytes:
    """Change a few places; one time in twenty, none."""
    if chance.random() < 0.05:
        return body
    changed = bytearray(body)
    for _ in range(chance.choice((1, 1, 1, 2, 5, 20))):
        at = chance.randrange(len(changed) + 1)
        match chance.randrange(6):
            case 0:
                changed[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del changed[at : at + chance.choice((1, 1, 4, 40))]
            case 2:
                changed[at:at] = chance.randbytes(chance.choice((1, 2, 8)))
            case 3:
                del changed[at:]
            case 4:
                other = chance.randrange(len(changed) + 1)
                changed[at : at + 8] = changed[other : other + 8]
            case _:
                changed[at:at] = changed[at : at + chance.choice((1, 16, 200))]
    return bytes(changed)


def value(chance: random.Random) -> str:
    text = chance.choice(VALUES)
    if chance.random() < 0.2:
        at = chance.randrange(len(text) + 1)
        text = text[:at] + chance.choice(string.printable) + text[at:]
    return text


def client_path(chance: random.Random) -> str:
    """Make a value for a part of a path."""
    return value(chance).replace("/", "%2F").replace("?", "%3F").replace("#", "%23") or "0"
