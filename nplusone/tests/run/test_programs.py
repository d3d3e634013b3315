"""Test what `otel-nplusone run` sees of real servers: as much as a scan of the same spans sees."""

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from nplusone.tests.run.running import PROGRAMS, Running, answers, finish, free_port, run
from otel_nplusone.scan import Wanted, scan

pytestmark = pytest.mark.commands

MOUNTED = ("/api/shelves", "/api/stream", "/api/later")


class Backend:
    """Take OTLP over HTTP, as a Collector does, into a file."""

    def __init__(self, file: Path) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with file.open("ab") as stream:
                    stream.write(body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Leave the test's output alone."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def traces(tmp_path: Path) -> Path:
    return tmp_path / "traces.bin"


@pytest.fixture
def backend(traces: Path) -> Iterator[Backend]:
    backend = Backend(traces)
    thread = Thread(target=backend.server.serve_forever)
    thread.start()
    yield backend
    backend.server.shutdown()
    thread.join()
    backend.server.server_close()


def uvicorn(port: int, *options: str) -> tuple[str, ...]:
    return ("uvicorn", "--port", str(port), "--log-level", "warning", *options, "mounted:app")


def gunicorn(port: int, *options: str) -> tuple[str, ...]:
    address = f"127.0.0.1:{port}"
    return ("gunicorn", "--no-control-socket", f"--bind={address}", *options, "library:app")


def wait_until_up(program: Running, port: int) -> None:
    program.wait_for(lambda: answers(f"http://127.0.0.1:{port}/health"), "answer")


def report(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text())
    return read


def test_mounted_application_is_seen_as_a_scan_of_its_backend_sees_it(
    tmp_path: Path, traces: Path, backend: Backend
) -> None:
    port = free_port()
    exported = {
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_ENDPOINT": backend.address,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        # The backend loses what waits at the end, so this one must not have anything to send then.
        "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "sqlite3,django,urllib3,requests",
    }
    options = ("--format", "json", "--output", str(tmp_path / "report.json"))
    with run(tmp_path / "output", *options, *uvicorn(port), **exported) as program:
        wait_until_up(program, port)
        for _ in range(4):
            for route in MOUNTED:
                assert answers(f"http://127.0.0.1:{port}{route}")
        program.wait_for(lambda: spans_of(traces) >= 4 * len(MOUNTED) * 14, "spans in the backend")
        program.end(signal.SIGTERM)

    seen, scanned = report(tmp_path / "report.json"), scan([str(traces)], Wanted())
    assert [one["traces"] for one in seen["findings"]] == [12]
    assert [one["repeats"] for one in seen["findings"]] == [{"p50": 12, "max": 12}]
    assert (seen["traces_read"], seen["spans_read"]) == (scanned.traces_read, scanned.spans_read)
    assert [one["class"] for one in seen["findings"]] == [
        one.repeat_class.value for one in scanned.findings
    ]
    assert seen["incomplete_traces"] == scanned.incomplete_traces == 0


def spans_of(traces: Path) -> int:
    return scan([str(traces)], Wanted()).spans_read if traces.exists() else 0


@pytest.mark.parametrize(
    ("server", "route"),
    [
        (lambda port: uvicorn(port), "/api/shelves"),
        (
            lambda port: uvicorn(port, "--workers", "2", "--timeout-worker-healthcheck", "60"),
            "/api/shelves",
        ),
        (lambda port: gunicorn(port), "/shelves"),
        (lambda port: gunicorn(port, "--threads=4"), "/shelves"),
        (lambda port: gunicorn(port, "--preload", "--workers=2"), "/shelves"),
    ],
    ids=["uvicorn", "uvicorn's workers", "gunicorn", "gunicorn's threads", "gunicorn, preloaded"],
)
def test_signal_that_ends_a_server_loses_nothing(
    server: Callable[[int], tuple[str, ...]], route: str, tmp_path: Path
) -> None:
    port = free_port()
    options = ("--format", "json", "--output", str(tmp_path / "report.json"))
    with run(tmp_path / "output", *options, *server(port)) as program:
        wait_until_up(program, port)
        for _ in range(5):
            assert answers(f"http://127.0.0.1:{port}{route}")
        program.end(signal.SIGTERM)

    (finding,) = report(tmp_path / "report.json")["findings"]
    assert (finding["traces"], finding["repeats"]["max"]) == (5, 12), program.said


def test_worker_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    port = free_port()
    with run(tmp_path / "output", *gunicorn(port)) as program:
        wait_until_up(program, port)
        assert answers(f"http://127.0.0.1:{port}/shelves")
        for worker in children_of(children_of(program.process.pid)[0]):
            os.kill(worker, signal.SIGKILL)
        program.wait_for(lambda: "n_plus_one in GET /shelves: 12 times" in program.said, "finding")


def children_of(process: int) -> list[int]:
    return [
        int(child)
        for file in Path(f"/proc/{process}/task").glob("*/children")
        for child in file.read_text().split()
    ]


def test_reloader_is_watched_before_and_after_it_reloads(tmp_path: Path) -> None:
    port = free_port()
    folder = tmp_path / "project"
    folder.mkdir()
    text = (PROGRAMS / "library.py").read_text()
    (folder / "shop.py").write_text(text)
    flask = ("-m", "flask", "--app", "shop", "run", "--debug", "--port", str(port))
    with run(tmp_path / "output", "--", *flask, PYTHONPATH=str(folder)) as program:
        wait_until_up(program, port)
        assert answers(f"http://127.0.0.1:{port}/shelves")
        program.wait_for(lambda: "n_plus_one in GET /shelves" in program.said, "finding")
        (folder / "shop.py").write_text(text.replace('"/shelves"', '"/racks"'))
        program.wait_for(lambda: answers(f"http://127.0.0.1:{port}/racks"), "new route")
        program.wait_for(lambda: "n_plus_one in GET /racks" in program.said, "finding")
        for child in children_of(children_of(program.process.pid)[0]):
            os.kill(child, signal.SIGTERM)


ECHO = "import sys; print('arguments', sys.argv[1:])"
OPTIONS = ("--config", "x.py", "--traces", "y", "--version", "--format", "z", "--help", "--", "-q")


@pytest.mark.parametrize("dashes", [(), ("--",)], ids=["without --", "with --"])
def test_every_option_after_the_program_is_the_programs(
    dashes: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "echo.py").write_text(ECHO)
    command = (*dashes, "python", str(tmp_path / "echo.py"), *OPTIONS)

    said = finish(tmp_path / "output", *command)

    assert said.splitlines()[0] == f"arguments {list(OPTIONS)}"


def test_servers_own_configuration_file_is_read(tmp_path: Path) -> None:
    port = free_port()
    configuration = tmp_path / "gunicorn.conf.py"
    configuration.write_text(f"bind = '127.0.0.1:{port}'\ncontrol_socket_disable = True\n")
    server = ("gunicorn", "--config", str(configuration), "library:app")
    with run(tmp_path / "output", *server) as program:
        wait_until_up(program, port)
        assert answers(f"http://127.0.0.1:{port}/shelves")
        program.end(signal.SIGTERM)

    assert "12 median, 12 at most in one request, in 1 trace" in program.said


LOOP = """
from opentelemetry.trace import get_tracer
from library import shelves
with get_tracer("test").start_as_current_span("nightly"):
    shelves()
"""


@pytest.mark.parametrize("form", ["python -c", "-c", "python file", "file", "-m", "script"])
def test_program_is_named_in_any_way(form: str, tmp_path: Path) -> None:
    (tmp_path / "nightly.py").write_text(LOOP)
    script = tmp_path / "nightly"
    script.write_text(f"#!{shutil.which('env')} python\n{LOOP}")
    script.chmod(0o755)
    path = str(tmp_path / "nightly.py")
    command = {
        "python -c": ("python", "-c", LOOP),
        "-c": ("-c", LOOP),
        "python file": ("python", path),
        "file": (path,),
        "-m": ("-m", "nightly"),
        "script": (str(script),),
    }[form]
    places = os.pathsep.join([str(tmp_path), str(PROGRAMS)])

    said = finish(tmp_path / "output", "--", *command, PYTHONPATH=places)

    assert "n_plus_one in nightly: 12 times" in said
