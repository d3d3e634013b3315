"""Read from Jaeger's query API: version 3, the older one, and what is not Jaeger at all."""

import time
from datetime import datetime
from itertools import chain

import pytest

from nplusone.tests.backends import NOT_FOUND, Answer, Query, as_json, backend
from nplusone.tests.formats import jaeger_json, otlp_json
from nplusone.tests.traces import MS, Drawing
from otel_nplusone._core.model import Span
from otel_nplusone._read.http_json import get_json
from otel_nplusone._read.jaeger_api import JaegerApi
from otel_nplusone._read.search import Search, read_backend
from otel_nplusone._read.skipped import Skipped
from otel_nplusone.errors import BackendError

CAT = "SELECT cat.name FROM cat WHERE cat.id = ?"
SERVICES = as_json({"services": ["clinic", "jaeger"]})
HTML: Answer = (200, "text/html", "<!doctype html><title>Jaeger UI</title>")


def a_trace(number: int, start_ns: int, statements: int = 2) -> list[Span]:
    drawing = Drawing(trace_id=f"{number + 1:032x}", start=start_ns)
    drawing.many(drawing.server(), [CAT] * statements)
    return drawing.spans


def spread(traces: int) -> list[list[Span]]:
    """Draw traces over the last half hour, three quarters of them in one second."""
    now = time.time_ns()
    crowd = traces * 3 // 4
    starts = [now - 60_000 * MS + n * MS for n in range(crowd)]
    starts += [now - 1_800_000 * MS + n * 1_000 * MS for n in range(traces - crowd)]
    return [a_trace(number, start) for number, start in enumerate(starts)]


def ids(spans: list[Span]) -> set[str]:
    return {span.trace_id for span in spans}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_not_asked_through_a_proxy(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)

    with backend(lambda _path, _query: SERVICES) as jaeger:
        answer = get_json(jaeger.url.replace("127.0.0.1", host), "/api/v3/services")

    assert answer == {"services": ["clinic", "jaeger"]}


def test_another_machine_is_asked_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)

    with backend(lambda _path, _query: SERVICES) as proxy:
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, proxy.url)
        answer = get_json("http://jaeger.example:16686", "/api/v3/services")

    assert answer == {"services": ["clinic", "jaeger"]}


def test_a_jaeger_that_heeds_num_traces_alone_is_read_whole() -> None:
    traces = spread(100)

    def answer(path: str, query: Query) -> Answer:
        if path == "/api/v3/services":
            return SERVICES
        start, end = (
            datetime.fromisoformat(query[f"query.start_time_{edge}"]).timestamp() * 1e9
            for edge in ("min", "max")
        )
        found = [t for t in traces if start <= t[0].start_time_unix_nano <= end]
        found = found[: int(query["query.num_traces"])]
        return as_json({"result": otlp_json(chain(*found))}) if found else NOT_FOUND

    with backend(answer) as jaeger:
        spans = list(read_backend(jaeger.url, Search("clinic"), Skipped()))

    assert ids(spans) == {trace[0].trace_id for trace in traces}
    assert len(spans) == sum(map(len, traces))


@pytest.mark.parametrize("no_v3", [NOT_FOUND, HTML], ids=["404", "page"])
def test_the_older_api_is_used_where_there_is_no_v3(no_v3: Answer) -> None:
    traces = spread(50)

    def answer(path: str, query: Query) -> Answer:
        if path == "/api/services":
            return as_json({"data": ["clinic"]})
        if path != "/api/traces":
            return no_v3
        start, end = int(query["start"]) * 1_000, int(query["end"]) * 1_000
        found = [t for t in traces if start <= t[0].start_time_unix_nano <= end]
        return as_json(jaeger_json(chain(*found[: int(query["limit"])])))

    with backend(answer) as jaeger:
        spans = list(read_backend(jaeger.url, Search(), Skipped()))

    assert ids(spans) == {trace[0].trace_id for trace in traces}


def test_a_resource_without_spans_is_counted() -> None:
    trace = a_trace(0, 0)
    answered = otlp_json(trace)
    answered["resourceSpans"].append({"resource": {}, "scopespans": []})

    def answer(path: str, query: Query) -> Answer:
        return as_json({"result": answered})

    with backend(answer) as jaeger:
        warnings = Skipped()
        spans = list(read_backend(f"{jaeger.url}/trace/{trace[0].trace_id}", Search(), warnings))

    assert spans == trace
    assert warnings.lines() == [f"skipped 1 × resource without spans (first: {jaeger.url})"]


@pytest.mark.parametrize("page", ["/trace/{id}", "/trace/{id}?uiFind=cat", "/api/v3/traces/{id}"])
def test_the_page_of_a_trace_names_that_trace(page: str) -> None:
    trace = a_trace(0, 0)

    def answer(path: str, query: Query) -> Answer:
        known = path == f"/api/v3/traces/{trace[0].trace_id}"
        return as_json({"result": otlp_json(trace)}) if known else NOT_FOUND

    with backend(answer) as jaeger:
        url = jaeger.url + page.format(id=trace[0].trace_id)
        spans = list(read_backend(url, Search(), Skipped()))

    assert spans == trace


@pytest.mark.parametrize(
    "answer",
    [
        NOT_FOUND,
        as_json({"result": {}}),
        as_json({"result": {"resourceSpans": []}}),
        as_json({"data": []}),
        as_json({"data": None}),
    ],
    ids=["404", "empty result", "no resources", "no data", "null"],
)
def test_an_unknown_trace_is_the_same_however_a_backend_says_so(answer: Answer) -> None:
    with backend(lambda path, query: answer) as jaeger:
        api = JaegerApi(jaeger.url)

        assert api.trace("1" * 32) == []
        assert api.otlp_spans("1" * 32) == []
        assert api.resource("1" * 32, "clinic") == {}


def test_spans_are_given_as_they_are_written() -> None:
    written = otlp_json(a_trace(0, 0))
    answer = as_json({"result": written})

    with backend(lambda path, query: answer) as jaeger:
        spans = JaegerApi(jaeger.url).otlp_spans("0" * 31 + "1")

    assert spans == [
        span
        for resource in written["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (NOT_FOUND, "has no traces"),
        ((500, "text/plain", "out of order"), "answered 500 Internal Server Error: out of order"),
        (HTML, "is not JSON"),
        (as_json([]), "names no services"),
        (as_json({"services": ["other"]}), "no service 'clinic'; there are: other"),
        ((200, "application/json", ""), "is not JSON"),
    ],
    ids=["404", "500", "HTML", "list", "unknown service", "nothing"],
)
def test_what_is_no_jaeger_is_an_error_with_its_address(answer: Answer, says: str) -> None:
    with (
        backend(lambda path, query: answer) as jaeger,
        pytest.raises(BackendError, match=says) as raised,
    ):
        list(read_backend(jaeger.url, Search("clinic"), Skipped()))

    assert jaeger.url in str(raised.value)


def test_an_address_where_nobody_listens_is_an_error() -> None:
    with backend(lambda path, query: NOT_FOUND) as gone:
        url = gone.url

    with pytest.raises(BackendError, match="is the backend running"):
        list(read_backend(url, Search(), Skipped()))


def test_an_address_without_a_query_api_is_told_from_a_backend_that_is_down() -> None:
    with (
        backend(lambda _path, _query: NOT_FOUND) as application,
        pytest.raises(BackendError, match=r"answers, but has no traces.*application itself"),
    ):
        JaegerApi(application.url).services()
