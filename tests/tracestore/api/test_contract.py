"""Compare tracestore with a real Jaeger that has the same spans, request by request.

The content is compared: Jaeger gives names, spans and attributes in no fixed order, and words its
errors in Go's way. What only a newer Jaeger has (trace-summaries, query.attributes,
query.search_depth, dependencies in v3) is tested against its documented form in test_v3.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from harness.clients.otlp import send_spans
from harness.parts.jaeger import Jaeger, start_jaeger
from harness.parts.start import Tracestore, start_tracestore
from harness.processes import Processes
from harness.waiting import wait_until
from tests.tracestore.samples import everything, naive_trace, request, span

pytestmark = pytest.mark.jaeger

NAIVE = b"\x0a" * 16
TWO_SERVICES = b"\x0b" * 16
ERROR = b"\x0c" * 16
RICH = b"\x0d" * 16
# Jaeger 2.13 with its memory store refuses a search without a number of traces.
RANGE = (
    "query.start_time_min=2026-01-01T00:00:00Z&query.start_time_max=2027-01-01T00:00:00Z"
    "&query.num_traces=100"
)
# Microseconds of the same year.
LEGACY_RANGE = "start=1767225600000000&end=1798761600000000"


@dataclass(frozen=True, slots=True)
class Pair:
    jaeger: Jaeger
    tracestore: Tracestore

    def get(self, path: str) -> tuple[requests.Response, requests.Response]:
        """Return the answers of Jaeger and tracestore, in this order."""
        return requests.get(self.jaeger.ui + path, timeout=20), requests.get(
            self.tracestore.ui + path, timeout=20
        )


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    with Processes(tmp_path_factory.mktemp("logs")) as processes:
        yield processes


@pytest.fixture(scope="module")
def empty(processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return start_pair(processes, tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="module")
def pair(processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    pair = start_pair(processes, tmp_path_factory.mktemp("pair"))
    for body in bodies():
        for otlp in (pair.jaeger.otlp, pair.tracestore.otlp):
            send_spans(otlp, body)
    wait_until(
        lambda: requests.get(f"{pair.jaeger.ui}/api/v3/traces/{RICH.hex()}", timeout=20).ok,
        what="Jaeger to store the last trace",
        deadline_s=30,
    )
    return pair


def start_pair(processes: Processes, folder: Path) -> Pair:
    return Pair(start_jaeger(processes, folder), start_tracestore(processes, folder / "traces.db"))


def bodies() -> Iterator[bytes]:
    yield request(naive_trace(NAIVE)).SerializeToString()
    statement = span(
        2, trace_id=TWO_SERVICES, parent=1, name="SELECT cat", ms=5, statement="SELECT 1"
    )
    statement.attributes.add(key="db.rows").value.int_value = 3
    yield request([span(1, trace_id=TWO_SERVICES, ms=1000), statement]).SerializeToString()
    work = span(3, trace_id=TWO_SERVICES, parent=1, name="charge", start_ms=6, ms=10)
    yield request([work], service="billing").SerializeToString()
    failed = span(1, trace_id=ERROR, name="GET /error", start_ms=3_600_000, ms=20, error=True)
    fine = span(2, trace_id=ERROR, name="fine", parent=1, start_ms=3_600_001, ms=1)
    fine.status.code = fine.status.STATUS_CODE_OK
    yield request([failed, fine], service="billing").SerializeToString()
    rich = everything(RICH)
    attributes = rich.resource_spans[0].scope_spans[0].spans[0].attributes
    attributes.remove(next(item for item in attributes if item.key == "endless"))  # a 500 in Jaeger
    rich.resource_spans[0].resource.attributes[0].value.string_value = "rich"
    yield rich.SerializeToString()


SERVICES_AND_OPERATIONS = [
    "/api/v3/services",
    "/api/v3/operations?service=cat-clinic",
    "/api/v3/operations?service=cat-clinic&span_kind=client",
    "/api/v3/operations?service=nobody",
    "/api/services",
    "/api/services/cat-clinic/operations",
    "/api/services/nobody/operations",
    "/api/operations?service=cat-clinic",
    "/api/operations?service=cat-clinic&spanKind=server",
    "/api/operations?service=nobody",
    "/api/dependencies?endTs=1798761600000&lookback=31536000000",
    "/api/dependencies?endTs=1798761600000&lookback=31536000000&service=billing",
    "/api/dependencies?endTs=1767225600000&lookback=1000",
]

V3_TRACES = [
    *(f"/api/v3/traces/{trace.hex()}" for trace in (NAIVE, TWO_SERVICES, ERROR)),
    # Raw, because otherwise Jaeger adds a warning about the parent that is not there.
    f"/api/v3/traces/{RICH.hex()}?raw_traces=true",
    f"/api/v3/traces/{NAIVE.hex()}?start_time=2026-01-01T00:00:00Z&end_time=2027-01-01T00:00:00Z",
    f"/api/v3/traces?{RANGE}",
    f"/api/v3/traces?{RANGE}&query.service_name=billing",
    f"/api/v3/traces?{RANGE}&query.service_name=cat-clinic&query.operation_name=SELECT cat",
    f"/api/v3/traces?{RANGE}&query.duration_min=1s",
    f"/api/v3/traces?{RANGE}&query.duration_min=5ms&query.duration_max=20ms",
    f"/api/v3/traces?{RANGE}&query.service_name=cat-clinic",
    f"/api/v3/traces?{RANGE}&query.raw_traces=true&query.service_name=billing",
    "/api/v3/traces?query.start_time_min=2026-07-14T04:00:00Z"
    "&query.start_time_max=2026-07-14T06:00:00Z&query.num_traces=5",
]

LEGACY_TRACES = [
    *(f"/api/traces/{trace.hex()}" for trace in (NAIVE, TWO_SERVICES, ERROR)),
    f"/api/traces/{RICH.hex()}?raw=true&prettyPrint=true",
    f"/api/traces?service=cat-clinic&{LEGACY_RANGE}",
    f"/api/traces?service=cat-clinic&operation=SELECT cat&{LEGACY_RANGE}",
    f"/api/traces?service=cat-clinic&{LEGACY_RANGE}&minDuration=900ms",
    f"/api/traces?service=billing&{LEGACY_RANGE}&maxDuration=15ms",
    f'/api/traces?service=cat-clinic&{LEGACY_RANGE}&tags={{"db.rows":"3"}}',
    f"/api/traces?service=cat-clinic&{LEGACY_RANGE}&tag=db.rows:4",
    f'/api/traces?service=billing&{LEGACY_RANGE}&tags={{"error":"true"}}',
    f'/api/traces?service=billing&{LEGACY_RANGE}&tags={{"error":"false"}}',
    f'/api/traces?service=rich&{LEGACY_RANGE}&raw=true&tags={{"bytes":"AP8=","real":"0.1","yes":"true"}}',
    f'/api/traces?service=rich&{LEGACY_RANGE}&raw=true&tags={{"list":"[1]","map":"{{\\"k\\":\\"v\\"}}"}}',
    f'/api/traces?service=rich&{LEGACY_RANGE}&raw=true&tags={{"exception.type":"ValueError"}}',
    f"/api/traces?service=nobody&{LEGACY_RANGE}",
    "/api/traces?service=cat-clinic",
    f"/api/traces?traceID={NAIVE.hex()}&traceID={ERROR.hex()}",
    f"/api/traces?traceID={NAIVE.hex()}&traceID=ffff",
]

ERRORS = [
    "/api/v3/traces/ffff",
    "/api/v3/traces/no-hex",
    f"/api/v3/traces/{NAIVE.hex()}?start_time=yesterday",
    f"/api/v3/traces/{NAIVE.hex()}?end_time=tomorrow",
    f"/api/v3/traces/{NAIVE.hex()}?raw_traces=perhaps",
    "/api/v3/traces",
    "/api/v3/traces?query.start_time_min=2026-01-01T00:00:00Z",
    "/api/v3/traces?query.start_time_min=now&query.start_time_max=2026-01-01T00:00:00Z",
    f"/api/v3/traces?{RANGE}&query.service_name=nobody",
    f"/api/v3/traces?{RANGE}&query.duration_min=long",
    f"/api/v3/traces?{RANGE}&query.duration_max=5",
    f"/api/v3/traces?{RANGE.replace('=100', '=many')}",
    f"/api/v3/traces?{RANGE}&query.raw_traces=perhaps",
    "/api/traces/ffff",
    "/api/traces/no-hex",
    f"/api/traces/{NAIVE.hex()}?raw=perhaps",
    f"/api/traces/{NAIVE.hex()}?start=then",
    "/api/traces",
    "/api/traces?service=a&start=then",
    "/api/traces?service=a&end=now",
    "/api/traces?service=a&limit=few",
    "/api/traces?service=a&minDuration=5",
    "/api/traces?service=a&maxDuration=long",
    "/api/traces?service=a&minDuration=2s&maxDuration=1s",
    "/api/traces?service=a&tag=alone",
    "/api/traces?service=a&tags=alone",
    "/api/traces?service=a&raw=perhaps",
    "/api/traces?traceID=no-hex",
    "/api/operations",
    "/api/dependencies?endTs=now",
    "/api/dependencies?endTs=1&lookback=long",
    "/api/metrics/calls?service=a",
    "/api/metrics/errors?service=a",
    "/api/metrics/latencies?service=a&quantile=0.95",
    "/api/metrics/calls",
    "/api/metrics/errors",
]


@pytest.mark.parametrize("path", SERVICES_AND_OPERATIONS)
def test_names_are_the_same(pair: Pair, path: str) -> None:
    theirs, ours = pair.get(path)

    assert ours.status_code == theirs.status_code == 200
    assert ordered(ours.json()) == ordered(theirs.json())


@pytest.mark.parametrize("path", SERVICES_AND_OPERATIONS)
def test_an_empty_store_answers_the_same(empty: Pair, path: str) -> None:
    theirs, ours = empty.get(path)

    assert ours.status_code == theirs.status_code
    # Jaeger 2.13 leaves an empty list of services out of v3, and 2.20 has null for one in its older
    # API; tracestore writes the list.
    said = {**({"services": []} if theirs.json() == {} else {}), **theirs.json()}
    assert without_null(ours.json()) == without_null(said)


def without_null(answer: dict[str, Any]) -> dict[str, Any]:
    """Write an empty list where Go has written none."""
    return {**answer, **({"data": []} if answer.get("data", 0) is None else {})}


@pytest.mark.parametrize("path", V3_TRACES)
def test_traces_of_v3_are_the_same(pair: Pair, path: str) -> None:
    theirs, ours = pair.get(path)

    assert ours.status_code == theirs.status_code == 200
    assert spans_of_v3(ours.json()) == spans_of_v3(theirs.json())


@pytest.mark.parametrize("path", LEGACY_TRACES)
def test_traces_of_the_older_api_are_the_same(pair: Pair, path: str) -> None:
    theirs, ours = pair.get(path)

    assert ours.status_code == theirs.status_code == 200
    assert legacy_traces(ours.json()) == legacy_traces(theirs.json())


@pytest.mark.parametrize("path", ERRORS)
def test_errors_have_the_same_status_and_shape(pair: Pair, path: str) -> None:
    theirs, ours = pair.get(path)

    assert ours.status_code == theirs.status_code
    assert shape(ours.json()) == shape(theirs.json())


def test_a_store_without_metrics_has_no_step(pair: Pair) -> None:
    theirs, ours = pair.get("/api/metrics/minstep")

    # Jaeger 2.13 says that there are no metrics; 2.20 no longer has the page then.
    assert ours.status_code == 501
    assert theirs.status_code in {501, 404}


@pytest.mark.parametrize("trace_id", [RICH.hex(), "0" * 31 + "1", "no-hex"])
def test_a_store_without_an_archive_says_so(pair: Pair, trace_id: str) -> None:
    theirs, ours = (
        requests.post(f"{ui}/api/archive/{trace_id}", timeout=20)
        for ui in (pair.jaeger.ui, pair.tracestore.ui)
    )

    assert ours.status_code == theirs.status_code
    assert shape(ours.json()) == shape(theirs.json())


def test_otlp_is_transformed_into_the_same_traces(pair: Pair) -> None:
    spans = requests.get(f"{pair.tracestore.ui}/api/v3/traces/{RICH.hex()}", timeout=20).json()
    body = json.dumps(spans["result"])

    theirs, ours = (
        requests.post(f"{ui}/api/transform", data=body, timeout=20)
        for ui in (pair.jaeger.ui, pair.tracestore.ui)
    )

    assert ours.status_code == theirs.status_code == 200
    assert legacy_traces(ours.json()) == legacy_traces(theirs.json())


def test_a_limit_keeps_the_newest_traces(pair: Pair) -> None:
    theirs, ours = pair.get(f"/api/traces?service=billing&{LEGACY_RANGE}&limit=1")

    assert [t["traceID"] for t in ours.json()["data"]] == [ERROR.hex()]
    assert [t["traceID"] for t in theirs.json()["data"]] == [ERROR.hex()]


def ordered(value: Any) -> Any:
    """Sort lists, all the way down, and drop Jaeger's warnings about clocks."""
    if isinstance(value, dict):
        return {key: ordered(item) for key, item in value.items()}
    if isinstance(value, list):
        kept = [item for item in value if not is_warning(item)]
        return sorted((ordered(item) for item in kept), key=canonical)
    return value


def is_warning(item: Any) -> bool:
    """Recognize the note that Jaeger stores with a span whose clock it did not adjust."""
    return isinstance(item, dict) and item.get("key") == "@jaeger@warnings"


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def spans_of_v3(answer: dict[str, Any]) -> dict[str, Any]:
    """Return every span with its resource and scope, by its ids."""
    # Jaeger's memory store forgets the addresses of schemas.
    return {
        f"{item['traceId']}/{item['spanId']}": ordered([item, resource["resource"], scope["scope"]])
        for resource in answer["result"]["resourceSpans"]
        for scope in resource["scopeSpans"]
        for item in scope["spans"]
    }


def legacy_traces(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the answer with each span's process inside the span."""
    traces = {}
    for trace in answer["data"] or []:
        spans = [
            {
                **item,
                "processID": "",
                "warnings": None,
                "process": trace["processes"][item["processID"]],
            }
            for item in trace["spans"]
        ]
        traces[trace["traceID"]] = ordered(spans), trace["warnings"]
    return {**answer, "data": traces}


def shape(answer: dict[str, Any]) -> Any:
    """Return an error without its wording."""
    if "error" in answer:
        return answer["error"]["httpCode"], sorted(answer["error"])
    errors = [{**error, "msg": ""} for error in answer["errors"]]
    return {**answer, "errors": errors}
