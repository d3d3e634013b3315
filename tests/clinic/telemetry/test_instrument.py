"""Test what a request leaves in traces and metrics."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, format_trace_id
from sqlalchemy import event

from clinic.app import close_app, create_app
from clinic.errors import TelemetryError
from clinic.settings import Settings
from clinic.telemetry.instrument import check_sql_spans
from tests.clinic.metrics import data_points
from tests.clinic.spans import roots, statements


def test_request_is_one_trace_with_its_statements_below_its_root(
    client: FlaskClient, exporter: InMemorySpanExporter, clinic_name: str
) -> None:
    client.get("/success-stories", query_string={"clinic": clinic_name})

    (root,) = roots(exporter)
    assert root.name == "GET /success-stories"
    assert root.attributes is not None
    assert root.attributes["clinic.strategy"] == "naive"
    for span in statements(exporter):
        assert span.parent is not None
        assert span.parent.span_id == root.context.span_id
        assert span.kind is SpanKind.CLIENT


def test_db_spans_are_named_by_verb_and_tables(
    client: FlaskClient, exporter: InMemorySpanExporter, clinic_name: str
) -> None:
    client.get("/success-stories", query_string={"clinic": clinic_name})

    assert {span.name for span in statements(exporter)} == {
        "SELECT clinic",
        "SELECT person veterinarian",
        "SELECT appointment",
        "SELECT cat",
    }


def test_db_spans_use_stable_conventions_and_name_no_path(
    client: FlaskClient,
    exporter: InMemorySpanExporter,
    clinic_name: str,
    database_url: str,
    database_kind: str,
) -> None:
    client.get("/success-stories", query_string={"clinic": clinic_name})

    for span in statements(exporter):
        assert span.attributes is not None
        assert span.attributes["db.system.name"] == database_kind
        assert span.attributes["db.operation.name"] == "SELECT"
        assert span.attributes["db.namespace"] == database_url.rsplit("/", 1)[1]
        assert "db.statement" not in span.attributes
        assert clinic_name not in str(span.attributes["db.query.text"])


def test_statement_is_recorded_once(
    client: FlaskClient, exporter: InMemorySpanExporter, clinic_name: str
) -> None:
    client.get("/veterinarians", query_string={"clinic": clinic_name})

    assert len(statements(exporter)) == 1


def test_server_timing_agrees_with_the_spans(
    client: FlaskClient, exporter: InMemorySpanExporter, clinic_name: str
) -> None:
    response = client.get("/success-stories", query_string={"clinic": clinic_name})

    timing = response.headers["Server-Timing"]
    assert f'desc="{len(statements(exporter))} statements"' in timing
    assert f'spans;desc="{len(exporter.get_finished_spans())}"' in timing
    assert 'strategy;desc="naive"' in timing


def test_traceresponse_names_the_trace(client: FlaskClient, exporter: InMemorySpanExporter) -> None:
    response = client.get("/")

    (root,) = roots(exporter)
    trace_id = format_trace_id(root.context.trace_id)
    assert re.fullmatch(
        rf"00-{trace_id}-[0-9a-f]{{16}}-[0-9a-f]{{2}}", response.headers["traceresponse"]
    )


def test_request_joins_the_trace_of_its_caller(
    client: FlaskClient, exporter: InMemorySpanExporter
) -> None:
    client.get("/", headers={"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"})

    (root,) = roots(exporter)
    assert format_trace_id(root.context.trace_id) == "ab" * 16


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/readyz?verbose=1", "/static/cat.svg"])
def test_health_checks_and_files_leave_no_span(
    path: str, client: FlaskClient, exporter: InMemorySpanExporter
) -> None:
    response = client.get(path, buffered=True)

    assert response.status_code == 200
    assert exporter.get_finished_spans() == ()


def test_clinic_named_like_a_health_check_is_traced(
    client: FlaskClient, exporter: InMemorySpanExporter
) -> None:
    client.get("/success-stories?clinic=/healthz")

    assert len(roots(exporter)) == 1


def test_statements_per_request_are_recorded_by_route_and_strategy(
    client: FlaskClient, metric_reader: InMemoryMetricReader, clinic_name: str
) -> None:
    client.get("/success-stories", query_string={"clinic": clinic_name, "strategy": "core"})

    sums = {
        (point.attributes["http.route"], point.attributes.get("clinic.strategy")): point
        for name, point in data_points(metric_reader)
        if name == "clinic.request.statements"
    }
    assert sums[("/success-stories", "core")].sum == 1
    assert sums[("/success-stories", "core")].exemplars


def test_metrics_tell_duration_process_and_spans(
    client: FlaskClient, metric_reader: InMemoryMetricReader, exporter: InMemorySpanExporter
) -> None:
    client.get("/")

    points: dict[str, list[Any]] = {}
    for name, point in data_points(metric_reader):
        points.setdefault(name, []).append(point)
    assert points["http.server.request.duration"][0].attributes["http.route"] == "/"
    assert points["process.memory.usage"][0].value > 1_000_000
    assert "process.cpu.time" in points
    started = sum(point.value for point in points["otel.sdk.span.started"])
    assert started == len(exporter.get_finished_spans())


def test_start_up_fails_when_a_statement_would_leave_no_span() -> None:
    with pytest.raises(TelemetryError, match="left no span"):
        check_sql_spans(_Broken())


def test_start_up_fails_when_a_span_does_not_have_the_statement() -> None:
    with pytest.raises(TelemetryError, match="left no span"):
        check_sql_spans(_Wordless())


def test_start_up_check_leaves_nothing_instrumented() -> None:
    check_sql_spans(SQLAlchemyInstrumentor())

    assert not SQLAlchemyInstrumentor().is_instrumented_by_opentelemetry


def test_application_runs_untraced(settings: Settings, clinic_name: str) -> None:
    app = create_app(settings)
    response = app.test_client().get("/success-stories", query_string={"clinic": clinic_name})
    close_app(app)

    assert response.status_code == 200
    assert "traceresponse" not in response.headers
    assert "statements" in response.headers["Server-Timing"]


class _Broken:
    """Instrument nothing, as a real instrumentation does that refuses SQLAlchemy."""

    def instrument(self, **_kwargs: Any) -> None: ...

    def uninstrument(self, **_kwargs: Any) -> None: ...


class _Wordless:
    """Leave a span for each statement, without its text."""

    def instrument(self, **kwargs: Any) -> None:
        tracer = kwargs["tracer_provider"].get_tracer(__name__)

        @event.listens_for(kwargs["engine"], "after_cursor_execute")
        def leave_a_span(*_arguments: Any) -> None:
            tracer.start_span("SELECT", attributes={"db.system.name": "sqlite"}).end()

    def uninstrument(self, **_kwargs: Any) -> None: ...
