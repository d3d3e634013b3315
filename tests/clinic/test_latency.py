"""Test that a wait is part of every statement, and of nothing else."""

import re
import time
from dataclasses import replace

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import text

from clinic.app import close_app, create_app
from clinic.db import make_engine
from clinic.latency import SENDING, add_latency
from clinic.settings import Settings
from clinic.telemetry.providers import Telemetry

WAIT_MS = 5.0


@pytest.mark.parametrize("strategy", ["naive", "core"])
def test_the_wait_is_in_every_span_of_a_statement_and_in_server_timing(
    strategy: str,
    settings: Settings,
    providers: Telemetry,
    exporter: InMemorySpanExporter,
    clinic_name: str,
) -> None:
    app = create_app(replace(settings, db_latency_ms=WAIT_MS), providers)
    app.testing = False
    query = {"clinic": clinic_name, "strategy": strategy}
    try:
        answer = app.test_client().get("/success-stories", query_string=query)
    finally:
        close_app(app)

    of_sql = [
        one
        for one in exporter.get_finished_spans()
        if one.attributes and "db.query.text" in one.attributes
    ]
    timing = answer.headers["Server-Timing"]
    told = re.search(r'db;dur=([0-9.]+);desc="([0-9]+) statements"', timing)
    assert told is not None
    assert int(told[2]) == len(of_sql) > 0
    assert float(told[1]) >= WAIT_MS * len(of_sql)
    assert all((one.end_time or 0) - (one.start_time or 0) >= WAIT_MS * 1e6 for one in of_sql)


def test_every_way_to_send_a_statement_waits_once(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    engine = make_engine(database_url)
    add_latency(engine, 2)

    with engine.connect() as connection:
        waits.clear()  # a first connection asks PostgreSQL what it is
        connection.execute(text("SELECT 1"))
        connection.exec_driver_sql("SELECT 1")
        connection.execution_options(no_parameters=True).exec_driver_sql("SELECT 1")
        nobody = text("UPDATE cat SET name = name WHERE name = :name")
        connection.execute(nobody, [{"name": "Nobody"}] * 2)
        connection.rollback()
    engine.dispose()

    assert waits == [0.002] * 4


def test_without_a_wait_nothing_is_in_the_way(database_url: str) -> None:
    engine = make_engine(database_url)

    add_latency(engine, 0)

    assert not any(getattr(engine.dialect.dispatch, name) for name in SENDING)
