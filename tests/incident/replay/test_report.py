import json
from collections.abc import Callable
from pathlib import Path

from incident.replay.measure import Phase, SpanCounts
from incident.replay.report import document, write
from incident.story.events import Cost

PHASE_KEYS = {
    "name",
    "strategy",
    "seconds",
    "requests",
    "failures",
    "gave_up",
    "requests_per_second",
    "latency_ms",
    "sent_latency_ms",
    "other_pages_ms",
    "statements_by_clinic",
    "watcher_cpu_percent_of_core",
    "healthz_ms",
    "statements_per_request",
    "db_spans_per_trace",
    "sql_per_minute",
    "service_cpu_percent_of_core",
    "machine_cpu_percent",
    "spans",
    "slowest_trace_id",
    "slowest_service_ms",
    "slowest_waited_ms",
    "service_ms",
    "waited_ms",
}


def test_the_report_has_its_documented_shape(phase: Callable[..., Phase], core: Phase) -> None:
    cost = Cost(at_s=80.0, strategy="naive", with_ms=180.0, without_ms=75.0, pages=12)
    report = document([phase(), core], SpanCounts(44_000, 44_000, 0), [cost])

    assert report.keys() == {
        "phases",
        "ratios",
        "totals",
        "telemetry_cost",
        "versions",
        "machine",
    }
    assert report["telemetry_cost"] == [
        {
            "strategy": "naive",
            "service_cpu_ms_per_page": {"with": 180.0, "without": 75.0},
            "pages": 12,
        }
    ]
    assert [one.keys() for one in report["phases"]] == [PHASE_KEYS, PHASE_KEYS]
    first = report["phases"][0]
    assert first["latency_ms"].keys() == {"p50", "p95", "p99"}
    assert first["healthz_ms"].keys() == {"p50", "max"}
    assert first["spans"] == {"created": 42_000, "stored": 42_000, "dropped": 0}
    assert report["versions"].keys() >= {"python", "sqlalchemy", "locust"}
    assert report["machine"]["cores"] >= 1


def test_the_report_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.json"

    write(path, {"phases": []})

    assert json.loads(path.read_text(encoding="utf-8")) == {"phases": []}
    assert list(tmp_path.iterdir()) == [path]
