"""Checks of the compose stack: the Collector, span metrics, Jaeger's Monitor tab, Grafana."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from harness.clients.json_api import JsonClient
from harness.waiting import wait_until
from incident.doctor.patient import Patient, Unwell
from incident.errors import BackendError, DeadlinePassed
from incident.stack.commands import SERVICE_NAME

Found = TypeVar("Found")

HOUR_S = 3600
SOURCES = ("prometheus", "jaeger")
HOME = "clinic-home"
# A flush of the Collector, a batch, an export of the service: what a first request waits for.
EXTRA_PATIENCE_S = 25
EXEMPLARS_TRIED = 10
# Jaeger counts under the Collector's names: without the job its spans would be added.
RECEIVED = 'otelcol_receiver_accepted_spans{job="otel-collector"}'
REFUSED = 'otelcol_receiver_refused_spans{job="otel-collector"}'
SENT = 'otelcol_exporter_sent_spans{job="otel-collector",exporter=~"otlp.*"}'
LOST = (
    '{__name__=~"otelcol_exporter_(send|enqueue)_failed_spans",'
    'job="otel-collector",exporter=~"otlp.*"}'
)


def collector(patient: Patient) -> str:
    """The Collector receives, sends, and loses nothing."""
    ask = patient.prometheus.count
    if not _patiently(patient, lambda: ask('up{job="otel-collector"}')):
        raise Unwell(
            "Prometheus cannot reach the Collector.",
            "`docker compose ps otel-collector`, and its log.",
        )
    sent = _patiently(patient, lambda: ask(SENT)) or 0
    received, refused, lost = ask(RECEIVED), ask(REFUSED), ask(LOST)
    if lost or not sent:
        raise Unwell(
            f"The Collector received {received:,} spans, refused {refused:,}, sent {sent:,} on "
            f"and lost {lost:,}.",
            "Does Jaeger answer? See `docker compose logs otel-collector`.",
        )
    return f"received {received:,} spans, refused {refused:,}, sent {sent:,}, lost none"


def targets(patient: Patient) -> str:
    """Everything that Prometheus is to scrape answers, and its rules are loaded."""
    client = JsonClient(patient.settings.prometheus.address)
    found = (client.get("/api/v1/targets") or {})["data"]["activeTargets"]
    down = [
        f"{one['labels']['job']} ({one['lastError']})" for one in found if one["health"] == "down"
    ]
    if down:
        raise Unwell(f"Prometheus cannot scrape {', '.join(down)}.", "`docker compose ps`.")
    groups = (client.get("/api/v1/rules") or {})["data"]["groups"]
    if not groups:
        raise Unwell("Prometheus has no alert rules.", "Is otel/alerts.yaml mounted?")
    rules = sum(len(group["rules"]) for group in groups)
    return f"{len(found)} targets answer, {rules} rules are loaded"


def span_metrics(patient: Patient) -> str:
    """What the Collector derives from spans is in Prometheus."""
    selector = f'traces_span_metrics_calls_total{{service_name="{SERVICE_NAME}"}}'
    calls = _patiently(patient, lambda: patient.prometheus.count(selector))
    if not calls:
        raise Unwell(
            "No metrics derived from spans reach Prometheus.",
            "Is span_metrics in both pipelines of otel/collector.yaml?",
        )
    return f"{calls:,} calls derived from spans"


def monitor(patient: Patient) -> str:
    """Jaeger's Monitor tab gets answers to its questions."""
    client = JsonClient(patient.settings.trace_ui.address)
    query = {
        "service": SERVICE_NAME,
        "endTs": time.time_ns() // 1_000_000,
        "lookback": HOUR_S * 1000,
        "quantile": 0.95,
        "ratePer": 600_000,
        "step": 60_000,
        "spanKind": "server",
    }
    for metric in ("calls", "latencies", "errors"):
        try:
            answer = client.get(f"/api/metrics/{metric}", query)
        except BackendError as error:
            raise Unwell(
                f"Jaeger's Monitor tab cannot read {metric}.",
                f"Does metric_backends of otel/jaeger.yaml name Prometheus? ({error})",
            ) from error
        if metric == "calls" and not (answer or {}).get("metrics"):
            raise Unwell(
                "Jaeger's Monitor tab finds no calls.",
                "The namespace and units of otel/jaeger.yaml must be the Collector's.",
            )
    return "calls, latencies and errors are answered"


def exemplars(patient: Patient) -> str:
    """A point of a histogram leads to a trace that is there."""
    client = JsonClient(patient.settings.prometheus.address)

    def traces() -> list[str]:
        now = time.time()
        query = {"query": "clinic_request_statements_bucket", "start": now - HOUR_S, "end": now}
        found: list[dict[str, Any]] = (client.get("/api/v1/query_exemplars", query) or {})["data"]
        points = [point for series in found for point in series["exemplars"]]
        points.sort(key=lambda point: float(point["timestamp"]), reverse=True)
        return [p["labels"]["trace_id"] for p in points if "trace_id" in p["labels"]]

    ids = _patiently(patient, traces)
    if not ids:
        raise Unwell("Prometheus has no exemplars.", "It wants --enable-feature=exemplar-storage.")
    if not any(patient.backend.spans(trace_id) for trace_id in ids[:EXEMPLARS_TRIED]):
        raise Unwell(
            f"None of the {min(len(ids), EXEMPLARS_TRIED)} newest exemplars leads to a trace.",
            "Does Jaeger keep traces, and long enough?",
        )
    return f"{len(ids):,} exemplars, and the newest lead to traces"


def grafana(patient: Patient) -> str:
    """Grafana is well, reaches its sources, and has the dashboards."""
    client = JsonClient(patient.settings.grafana.address)
    try:
        version = (client.get("/api/health") or {}).get("version", "?")
        for uid in SOURCES:
            health = client.get(f"/api/datasources/uid/{uid}/health")
            if health is None:
                raise Unwell(f"Grafana has no source {uid}.", "See dashboards/provisioning.")
    except BackendError as error:
        raise Unwell(
            "Grafana, or a source of its, does not answer.",
            f"`docker compose logs grafana` ({error})",
        ) from error
    if client.get(f"/api/dashboards/uid/{HOME}") is None:
        raise Unwell("Grafana has no dashboards.", "Are dashboards/json mounted?")
    return f"Grafana {version} reaches {' and '.join(SOURCES)}, and has the dashboards"


def engines(patient: Patient) -> str:
    """Prometheus is the version that .env names."""
    client = JsonClient(patient.settings.prometheus.address)
    running = (client.get("/api/v1/status/buildinfo") or {})["data"]["version"]
    lines = (patient.settings.project / ".env").read_text(encoding="utf-8").splitlines()
    named = next(line for line in lines if line.startswith("PROMETHEUS_IMAGE="))
    wanted = named.rpartition(":")[2].removeprefix("v")
    # A build of one's own may not know its version.
    if running and running != wanted:
        raise Unwell(
            f"Prometheus is {running}, and .env names {wanted}.",
            "`docker compose pull`, `make up`.",
        )
    return f"Prometheus is {running or 'of a build that does not say'}"


def _patiently(patient: Patient, ask: Callable[[], Found]) -> Found | None:
    deadline_s = patient.patience_s + EXTRA_PATIENCE_S
    try:
        return wait_until(ask, what="Prometheus", deadline_s=deadline_s, every_s=1)
    except DeadlinePassed:
        return None
