"""Compare the counts of real processes; a foreign span or an unseen statement is noticed."""

import io
import os
import socket
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clinic.seed.datasets import DATASETS
from clinic.seed.generate import generate
from clinic.seed.load import store as store_rows
from harness.clients.backend import Backend
from harness.clients.otlp import send_spans
from harness.errors import BackendError, ClinicError
from harness.parts.postgres import SUPERUSER, Postgres
from harness.parts.start import Clinic, Tracestore, start_clinic
from harness.ports import LOOPBACK, unused_port
from harness.processes import Processes
from harness.project import tool
from harness.waiting import wait_until
from incident.console import Console
from incident.reconcile import rounds
from incident.reconcile.compare import show
from incident.reconcile.counts import DatabaseCounts, SpanCounts, TracestoreCounts
from incident.reconcile.ledger import Ledger, balance
from incident.stack.commands import SERVICE_NAME

STATEMENTS = 300
SETTLED_S = 60
USERS = 3
ROLE = "reconciled"


def start(
    processes: Processes,
    store: Tracestore,
    folder: Path,
    url: str,
    own: str | None = None,
    *,
    fold: str = "0",
) -> Clinic:
    """Seed a database and start a clinic on it, as another role if `own` is its URL."""
    store_rows(url, generate(DATASETS["test"], seed=1))
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": store.otlp, "CLINIC_FOLD_SPANS": fold}
    return start_clinic(processes, folder, own or url, env)


def load_and_settle(clinic: Clinic, store: Tracestore, since_ns: int) -> int:
    """Send statements, and return how many, once as many spans are stored."""
    _, sent = rounds.send(clinic.url, statements=STATEMENTS, users=USERS)
    wait_until(
        lambda: (
            sum(TracestoreCounts(store.ui, SERVICE_NAME).counts().values()) == sent
            and sum(spans(store, since_ns).counts().values()) == sent
        ),
        what=f"{sent} statements and spans",
        deadline_s=SETTLED_S,
    )
    return sent


def spans(store: Tracestore, since_ns: int) -> SpanCounts:
    return SpanCounts(Backend(store.ui, SERVICE_NAME), since_ns)


def compared(store: Tracestore, since_ns: int, database: DatabaseCounts | None = None) -> Ledger:
    service = TracestoreCounts(store.ui, SERVICE_NAME).counts()
    calls = database.counts() if database else None
    return balance(service, spans(store, since_ns).counts(), calls)


@pytest.mark.parametrize("fold", ["0", "1"])
def test_service_and_spans_count_the_same_and_a_foreign_span_is_noticed(
    processes: Processes, own_store: Tracestore, tmp_path: Path, fold: str
) -> None:
    since_ns = time.time_ns()
    clinic = start(processes, own_store, tmp_path, f"sqlite:///{tmp_path}/clinic.db", fold=fold)

    sent = load_and_settle(clinic, own_store, since_ns)
    settled = compared(own_store, since_ns)
    send_foreign_span(own_store)
    with_foreign_span = compared(own_store, since_ns)

    assert settled.agrees
    assert settled.total.service == settled.total.spans == sent >= STATEMENTS
    assert not with_foreign_span.agrees
    assert with_foreign_span.total.spans == sent + 1


@pytest.mark.postgres
@pytest.mark.parametrize("fold", ["0", "1"])
def test_postgresql_counts_the_same_and_a_statement_past_the_service_is_noticed(
    processes: Processes, own_store: Tracestore, tmp_path: Path, postgres: Postgres, fold: str
) -> None:
    url = postgres.create_database()
    own = role_of_the_clinic(url)
    since_ns = time.time_ns()
    clinic = start(processes, own_store, tmp_path, url, own, fold=fold)
    database = DatabaseCounts([str(postgres.programs / "psql"), plain(url)], ROLE, postgres.folder)
    database.reset()

    sent = load_and_settle(clinic, own_store, since_ns)
    settled = compared(own_store, since_ns, database)
    with psycopg.connect(plain(own)) as connection:
        connection.execute("SELECT count(*) FROM cat")
    with_unseen = compared(own_store, since_ns, database)

    assert settled.agrees, settled
    assert settled.total.database == sent
    assert "transaction control" in settled.accounted
    (unseen,) = (line for line in with_unseen.lines if line.difference)
    assert (unseen.service, unseen.spans, unseen.database) == (0, 0, 1)


def test_a_database_that_cannot_be_asked_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="cannot be asked"):
        DatabaseCounts([str(tmp_path / "no-psql")], "clinic", tmp_path).counts()


def test_a_clinic_that_does_not_answer_is_an_error() -> None:
    with pytest.raises(ClinicError, match="does not answer"):
        rounds.send(f"http://127.0.0.1:{unused_port()}", statements=1, users=1)


@pytest.mark.commands
def test_it_leaves_a_demo_that_serves_its_traces_and_its_flags_alone(tmp_path: Path) -> None:
    traces, flags = tmp_path / "demo" / "traces.db", tmp_path / "flags" / "flags.json"
    for path in (traces, flags):
        path.parent.mkdir()
        path.write_text("of the demo")
    names = ("CLINIC_PORT", "TRACE_UI_PORT", "OTLP_HTTP_PORT")

    with ExitStack() as listening:
        sockets = [listening.enter_context(socket.create_server((LOOPBACK, 0))) for _ in names]
        ports = [str(one.getsockname()[1]) for one in sockets]
        done = subprocess.run(
            [tool("incident"), "reconcile", "--statements=300", f"--var={tmp_path}"],
            env=os.environ | dict(zip(names, ports, strict=True)),
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].split()[-1] == "all"
    assert {path.read_text() for path in (traces, flags)} == {"of the demo"}


def test_the_counts_are_printed_with_their_differences() -> None:
    console = Console(out=io.StringIO(), err=io.StringIO())
    ledger = balance({}, {"SELECT cat.id, cat.name FROM cat WHERE cat.id = ?": 2}, None)

    show(console, ledger)

    assert isinstance(console.out, io.StringIO)
    lines = console.out.getvalue().splitlines()
    assert lines[1].split() == [
        *["0", "2", "–", "2"],
        *["SELECT", "…", "FROM", "cat", "WHERE", "cat.id", "=", "?"],
    ]
    assert lines[2].split() == ["0", "2", "–", "2", "all"]


def role_of_the_clinic(url: str) -> str:
    """Make a role of the clinic's own, whose statements are counted apart; return its URL."""
    with psycopg.connect(plain(url), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        known = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone()
        if known is None:  # roles are the cluster's, which tests share
            connection.execute(f"CREATE ROLE {ROLE} LOGIN IN ROLE pg_read_all_data")
    return url.replace(f"//{SUPERUSER}@", f"//{ROLE}@")


def plain(url: str) -> str:
    return url.replace("+psycopg", "")


def send_foreign_span(store: Tracestore) -> None:
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    name = resource.resource.attributes.add(key="service.name")
    name.value.string_value = SERVICE_NAME
    now_ns = time.time_ns()
    span = resource.scope_spans.add().spans.add(
        trace_id=os.urandom(16),
        span_id=os.urandom(8),
        name="SELECT cat",
        kind=3,
        start_time_unix_nano=now_ns,
        end_time_unix_nano=now_ns,
    )
    text = span.attributes.add(key="db.query.text")
    text.value.string_value = "SELECT cat.id FROM cat"
    send_spans(store.otlp, request.SerializeToString())
