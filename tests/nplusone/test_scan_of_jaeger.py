"""Scan a real Jaeger: by version 3 of its query API, and by the older one."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from harness.clients.backend import Backend, count_db_spans
from harness.clients.otlp import send_spans
from harness.parts.jaeger import Jaeger, start_jaeger
from harness.processes import Processes
from harness.project import tool
from harness.waiting import wait_until
from nplusone.tests.backends import NOT_FOUND, Answer, Query, backend
from nplusone.tests.formats import otlp_protobuf
from nplusone.tests.traces import MS, Drawing

pytestmark = pytest.mark.jaeger

CAT = "SELECT name FROM cat WHERE id = ?"
CATS = "SELECT name FROM cat"
# More than one question finds.
SLOW = 45
DENSE = 80
NS_IN_S = 1_000_000_000


@pytest.fixture(scope="module")
def jaeger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jaeger]:
    folder = tmp_path_factory.mktemp("jaeger")
    with Processes(folder) as processes:
        jaeger = start_jaeger(processes, folder)
        for number in range(1, SLOW + 1):
            send(jaeger, number, "clinic", "/cats", [CAT] * (10 + number % 7))
        send(jaeger, SLOW + 1, "clinic", "/core", [CATS])
        send(jaeger, SLOW + 2, "quiet", "/core", [CATS])
        wait_until(
            lambda: requests.get(f"{jaeger.ui}/api/v3/traces/{SLOW + 2:032x}", timeout=20).ok,
            what="Jaeger to store the last trace",
            deadline_s=60,
        )
        yield jaeger


@pytest.fixture(scope="module")
def older_jaeger(jaeger: Jaeger) -> Iterator[str]:
    """Serve the same Jaeger without version 3 of the API."""

    def answer(path: str, query: Query) -> Answer:
        if path.startswith("/api/v3/"):
            return NOT_FOUND
        told = requests.get(f"{jaeger.ui}{path}?{urlencode(query)}", timeout=30)
        return told.status_code, told.headers["Content-Type"], told.text

    with backend(answer) as served:
        yield served.url


def send(
    jaeger: Jaeger, number: int, service: str, route: str, statements: list[str], start: int = 0
) -> None:
    start = start or time.time_ns() - (60 + number) * NS_IN_S
    drawing = Drawing(trace_id=f"{number:032x}", service=service, start=start)
    drawing.many(drawing.server(route), statements)
    send_spans(jaeger.otlp, otlp_protobuf(drawing.spans, service))


def otel_nplusone(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([tool("otel-nplusone"), *arguments], capture_output=True, text=True)


def test_every_span_of_overlapping_traces_on_badger_is_counted_once(tmp_path: Path) -> None:
    begun_ns = time.time_ns() - 600 * NS_IN_S
    with Processes(tmp_path) as processes:
        jaeger = start_jaeger(processes, tmp_path, on_badger=True)
        for number in range(1, DENSE + 1):
            # Each takes the time of a hundred and more others.
            send(jaeger, number, "clinic", "/cats", [CAT] * 100, start=begun_ns + number * MS)
        backend = Backend(jaeger.ui, "clinic")
        wait_until(
            lambda: backend.spans(f"{DENSE:032x}"),
            what="Jaeger to store the last trace",
            deadline_s=60,
        )
        counted = backend.span_counts(begun_ns - NS_IN_S, time.time_ns())
        statements = count_db_spans(backend.spans_between(begun_ns - NS_IN_S, time.time_ns()))
        scan = otel_nplusone("scan", jaeger.ui, "--format", "json")

    assert counted == {f"{number:032x}": 101 for number in range(1, DENSE + 1)}
    assert statements == 100 * DENSE
    assert json.loads(scan.stdout)["traces_read"] == DENSE


@pytest.fixture(params=["v3", "legacy"])
def url(request: pytest.FixtureRequest, jaeger: Jaeger, older_jaeger: str) -> str:
    return jaeger.ui if request.param == "v3" else older_jaeger


def test_every_trace_of_a_service_is_read(url: str) -> None:
    scan = otel_nplusone("scan", url, "--service", "clinic", "--format", "json")

    assert scan.returncode == 1, scan.stderr
    report = json.loads(scan.stdout)
    (finding,) = report["findings"]
    assert report["traces_read"] == SLOW + 1
    assert (finding["class"], finding["route"]) == ("n_plus_one", "GET /cats")
    assert finding["statement"] == CAT
    assert finding["traces"] == SLOW
    assert finding["repeats"]["max"] == 16


def test_scan_is_clean_of_what_does_not_repeat(url: str) -> None:
    scan = otel_nplusone("scan", url, "--service", "quiet")

    assert scan.returncode == 0, scan.stderr
    assert scan.stdout.startswith("0 findings in 1 trace (2 spans)")


def test_a_window_without_traces_is_not_called_clean(url: str) -> None:
    scan = otel_nplusone("scan", url, "--service", "clinic", "--since", "1s")

    assert scan.returncode == 2, scan.stderr
    assert scan.stdout.startswith("0 findings in 0 traces (0 spans)")
    assert "nothing was judged" in scan.stderr


def test_unknown_service_is_an_error_that_names_those_there_are(url: str) -> None:
    scan = otel_nplusone("scan", url, "--service", "nobody")

    assert (scan.returncode, scan.stdout) == (2, "")
    assert "no service 'nobody'; there are: clinic, quiet" in scan.stderr


def test_link_to_the_worst_trace_opens_and_can_be_scanned_itself(jaeger: Jaeger) -> None:
    text = otel_nplusone("scan", jaeger.ui, "--service", "clinic").stdout
    (link,) = [word for word in text.split() if word.startswith("http")]

    page = requests.get(link, timeout=30)
    again = otel_nplusone("scan", link)

    assert link.startswith(f"{jaeger.ui}/trace/")
    assert page.ok
    assert page.headers["Content-Type"].startswith("text/html")
    assert f"worst trace   {link}" in again.stdout
    assert "16 median, 16 at most in one request, in 1 trace" in again.stdout


def test_diff_of_two_trace_pages_tells_what_the_fix_spares(jaeger: Jaeger) -> None:
    before, after = (f"{jaeger.ui}/trace/{number:032x}" for number in (6, SLOW + 1))

    diff = otel_nplusone("diff", before, after, "--format", "json")

    told = json.loads(diff.stdout)
    assert (told["a"]["statements_p50"], told["b"]["statements_p50"]) == (16, 1)
    assert {row["statement"]: row["repeats"] for row in told["statements"]} == {
        CAT: {"a": 16, "b": 0},
        CATS: {"a": 0, "b": 1},
    }


def test_trace_that_is_not_there_is_an_error(jaeger: Jaeger) -> None:
    scan = otel_nplusone("scan", f"{jaeger.ui}/trace/{'f' * 32}")

    assert scan.returncode == 2
    assert "f" * 32 in scan.stderr
