"""Test that the clinic counts its statements by itself, and as its spans do."""

from collections import Counter

import pytest
from flask import Flask
from flask.testing import FlaskClient
from opentelemetry.metrics import CallbackOptions
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from clinic.db import EXTENSION
from clinic.telemetry.statement_counts import (
    DIGEST,
    MAX_STATEMENTS,
    METRIC,
    OTHERS,
    StatementCounts,
    digest,
)
from tests.clinic.metrics import data_points


def counted(reader: InMemoryMetricReader) -> dict[str, int]:
    return {
        point.attributes[DIGEST]: point.value
        for name, point in data_points(reader)
        if name == METRIC
    }


def observed(counts: StatementCounts) -> dict[str, float]:
    """Return what a meter is told."""
    return {
        str((one.attributes or {})[DIGEST]): one.value for one in counts.observe(CallbackOptions())
    }


def test_each_statement_is_counted_as_often_as_it_leaves_a_span(
    client: FlaskClient,
    clinic_name: str,
    exporter: InMemorySpanExporter,
    metric_reader: InMemoryMetricReader,
) -> None:
    client.get("/success-stories", query_string={"clinic": clinic_name, "strategy": "naive"})

    spans = Counter(
        digest(str(span.attributes["db.query.text"]))
        for span in exporter.get_finished_spans()
        if span.attributes and "db.query.text" in span.attributes
    )
    assert counted(metric_reader) == spans
    assert max(spans.values()) > 10


def test_a_health_check_is_not_counted(
    client: FlaskClient, metric_reader: InMemoryMetricReader
) -> None:
    client.get("/api/clinics")
    before = counted(metric_reader)

    response = client.get("/readyz")

    assert response.status_code == 200
    assert counted(metric_reader) == before


def test_the_number_of_statements_that_are_kept_is_bounded() -> None:
    counts = StatementCounts()

    for number in range(MAX_STATEMENTS + 50):
        counts.add({f"SELECT {number}": 1})

    told = observed(counts)
    assert len(told) == MAX_STATEMENTS + 1
    assert told[digest(OTHERS)] == 50


def test_a_statement_that_fails_is_not_counted(
    app: Flask, metric_reader: InMemoryMetricReader
) -> None:
    before = counted(metric_reader)

    with app.extensions[EXTENSION].connect() as connection:
        connection.execute(text("SELECT 1"))
        with pytest.raises(DBAPIError):
            connection.execute(text("SELECT nothing"))

    now = counted(metric_reader)
    assert {key: now[key] - before.get(key, 0) for key in now} == {digest("SELECT 1"): 1}
