"""Run the visitors by a real Locust against a small clinic that can be made to go wrong."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from clinic.seed.datasets import DATASETS
from clinic.seed.generate import generate
from clinic.seed.load import store
from harness.background import serving
from harness.parts.start import start_clinic
from harness.processes import Command, Processes
from harness.project import PROJECT, tool
from harness.waiting import wait_until
from incident.replay.load import Request, RequestLog

CLINIC = 'Paws & Claws\' "Best" <Clinic>'
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
TIMING = (
    'db;dur=183.4;desc="512 statements", spans;desc="515", total;dur=240.1, '
    f'strategy;desc="naive", traceparent;desc="00-{TRACE_ID}-b7ad6b7169203331-01"'
)

# Every visitor asks for the clinics first; then there are two pages each, on the average.
VISITORS = 20
ENOUGH = 3 * VISITORS

Page = Callable[[str, str], str]


def good_page(clinic: str, kind: str) -> str:
    return f'<h1>{escape(clinic)}</h1><ul data-{kind}-count="2">' + f'<li class="{kind}">' * 2


def of_another_clinic(clinic: str, kind: str) -> str:
    return good_page("Elsewhere", kind)


def with_a_wrong_count(clinic: str, kind: str) -> str:
    return good_page(clinic, kind).replace('count="2"', 'count="3"')


def without_any(clinic: str, kind: str) -> str:
    return f'<h1>{escape(clinic)}</h1><ul data-{kind}-count="0"></ul>'


@contextmanager
def clinic_that_shows(page: Page, *, status: int = 200) -> Iterator[str]:
    """Serve a clinic with that page for lists; yield its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path == "/api/clinics":
                return self.answer(json.dumps({"clinics": [{"id": "1", "name": CLINIC}]}))
            kind = "cat" if url.path == "/success-stories" else "veterinarian"
            self.answer(page(parse_qs(url.query)["clinic"][0], kind), status)

        def answer(self, text: str, status: int = 200) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Server-Timing", TIMING)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 100  # all visitors come at once

    server = Server(("127.0.0.1", 0), Handler)
    with serving(server):
        yield f"http://127.0.0.1:{server.server_port}"


def are_many(requests: list[Request]) -> bool:
    return len(requests) >= ENOUGH


@pytest.fixture
def visit(tmp_path: Path) -> Callable[..., list[Request]]:
    """Send visitors to an address until they have asked enough; return what was written down."""

    def run(
        address: str, *options: str, enough: Callable[[list[Request]], bool] = are_many
    ) -> list[Request]:
        written = tmp_path / "requests.jsonl"
        command = Command(
            name="locust",
            argv=[
                str(tool("locust")),
                f"--locustfile={PROJECT / 'locustfiles' / 'replay.py'}",
                "--headless",
                f"--users={VISITORS}",
                f"--spawn-rate={VISITORS}",
                f"--host={address}",
                *(options or ("--exclude-tags=appointments",)),
            ],
            env={
                **os.environ,
                "REQUEST_LOG": str(written),
                "LOAD_FILE": str(tmp_path / "load.json"),
            },
            cwd=tmp_path,
        )
        log = RequestLog(written)
        with Processes(tmp_path / "logs") as processes:
            locust = processes.start(command)
            wait_until(lambda: enough(log.read()), what="enough requests", deadline_s=60)
            processes.stop(locust)
        return log.read()

    return run


def test_pages_are_checked_and_written_down(visit: Callable[..., list[Request]]) -> None:
    with clinic_that_shows(good_page) as address:
        requests = visit(address)

    stories = [request for request in requests if request.is_story]
    assert {request.failure for request in requests} == {None}
    assert [request.name for request in requests].count("/api/clinics") == VISITORS
    assert len(stories) > len(requests) / 3
    assert {(one.statements, one.spans, one.server_ms) for one in stories} == {(512, 515, 240.1)}
    assert {(one.strategy, one.trace_id) for one in stories} == {("naive", TRACE_ID)}


def test_who_reads_and_does_not_wait_is_told(
    visit: Callable[..., list[Request]], tmp_path: Path
) -> None:
    began_s = time.time()

    with clinic_that_shows(good_page) as address:
        visit(address)

    status = json.loads((tmp_path / "load.json.status").read_text(encoding="utf-8"))
    reading_until_s = status["reading_until_s"]
    assert len(reading_until_s) == VISITORS
    assert all(began_s < until < time.time() + 1.5 for until in reading_until_s)


def test_wrong_content_is_a_failure(visit: Callable[..., list[Request]]) -> None:
    broken = cycle([of_another_clinic, with_a_wrong_count, without_any])

    with clinic_that_shows(lambda clinic, kind: next(broken)(clinic, kind)) as address:
        requests = visit(address)

    stories = [request for request in requests if request.is_story]
    assert {request.failure for request in stories} == {
        f"the heading does not name {CLINIC!r}",
        f"the page of {CLINIC!r} states 3 of cat and shows 2",
        f"the page of {CLINIC!r} states no cat",
    }


def test_a_wrong_status_is_a_failure(visit: Callable[..., list[Request]]) -> None:
    with clinic_that_shows(good_page, status=503) as address:
        requests = visit(address)

    failures = {(one.status, one.failure is None) for one in requests if one.is_story}
    assert failures == {(503, False)}


def test_a_clinic_that_is_away_is_a_failure_and_no_crash(
    visit: Callable[..., list[Request]], free_port: int
) -> None:
    requests = visit(f"http://127.0.0.1:{free_port}")

    assert requests
    assert all(one.failure and one.status == 0 and one.strategy is None for one in requests)


def test_appointments_are_made_seen_and_cancelled_on_a_real_clinic(
    visit: Callable[..., list[Request]], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/clinic.db"
    store(url, generate(DATASETS["test"], seed=1))

    with Processes(tmp_path / "service") as processes:
        clinic = start_clinic(processes, tmp_path, url, {"OTEL_SDK_DISABLED": "true"})
        requests = visit(
            clinic.url,
            "--tags=appointments",
            enough=lambda seen: any(one.name.endswith("(cancel)") for one in seen),
        )

    assert {(one.name, one.status) for one in requests} >= {
        ("/api/clinics/[id]/owners", 200),
        ("/api/owners/[id]", 200),
        ("/api/owners/[id]/cats", 200),
        ("/api/appointments", 201),
        ("/api/appointments/[id]", 200),
        ("/api/appointments/[id] (cancel)", 204),
    }
    assert {request.failure for request in requests} == {None}
