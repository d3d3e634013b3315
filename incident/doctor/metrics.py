"""Check the compose stack: the Collector, span metrics, Jaeger's Monitor tab, Grafana."""

from collections.abc import Callable
from typing import TypeVar

from harness.clients.http import JsonClient
from harness.compose.engines import Jaeger
from harness.errors import BackendError, DeadlinePassed
from harness.waiting import wait_until
from incident.doctor.patient import Patient, Unwell
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
    """Check that the Collector receives, sends, and loses nothing."""
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
    """Check that every target of Prometheus answers, and that its rules are loaded."""
    client = JsonClient(patient.stack.prometheus.address)
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
    """Check that Prometheus has what the Collector derives from spans."""
    selector = f'traces_span_metrics_calls_total{{service_name="{SERVICE_NAME}"}}'
    calls = _patiently(patient, lambda: patient.prometheus.count(selector))
    if not calls:
        raise Unwell(
            "No metrics derived from spans reach Prometheus.",
            "Is span_metrics in both pipelines of otel/collector.yaml?",
        )
    return f"{calls:,} calls derived from spans"


def monitor(patient: Patient) -> str:
    """Check that Jaeger's Monitor tab gets answers to its queries."""
    jaeger = Jaeger(patient.stack.trace_ui.address)
    for metric in ("calls", "latencies", "errors"):
        try:
            points = jaeger.monitor(metric, SERVICE_NAME)
        except BackendError as error:
            raise Unwell(
                f"Jaeger's Monitor tab cannot read {metric}.",
                f"Does metric_backends of otel/jaeger.yaml name Prometheus? ({error})",
            ) from error
        if metric == "calls" and not points:
            raise Unwell(
                "Jaeger's Monitor tab finds no calls.",
                "The namespace and units of otel/jaeger.yaml must be the Collector's.",
            )
    return "calls, latencies and errors are answered"


def exemplars(patient: Patient) -> str:
    """Check that an exemplar of a histogram leads to a stored trace."""
    histogram = "clinic_request_statements_bucket"
    ids = _patiently(patient, lambda: patient.prometheus.exemplars(histogram, seconds=HOUR_S))
    if not ids:
        raise Unwell(
            "Prometheus has no exemplars.", "Start it with --enable-feature=exemplar-storage."
        )
    if not any(patient.backend.spans(trace_id) for trace_id in ids[:EXEMPLARS_TRIED]):
        raise Unwell(
            f"None of the {min(len(ids), EXEMPLARS_TRIED)} newest exemplars leads to a trace.",
            "Does Jaeger keep traces, and long enough?",
        )
    return f"{len(ids):,} exemplars, and the newest lead to traces"


def grafana(patient: Patient) -> str:
    """Check that Grafana is well, reaches its sources, and has the dashboards."""
    client = JsonClient(patient.stack.grafana.address)
    try:
        version = (client.get("/api/health") or {}).get("version", "?")
        for uid in SOURCES:
            health = client.get(f"/api/datasources/uid/{uid}/health")
            if health is None:
                raise Unwell(f"Grafana has no source {uid}.", "See dashboards/provisioning.")
    except BackendError as error:
        raise Unwell(
            "Grafana, or one of its sources, does not answer.",
            f"`docker compose logs grafana` ({error})",
        ) from error
    if client.get(f"/api/dashboards/uid/{HOME}") is None:
        raise Unwell("Grafana has no dashboards.", "Are dashboards/json mounted?")
    return f"Grafana {version} reaches {' and '.join(SOURCES)}, and has the dashboards"


def control(patient: Patient) -> str:
    """Check that the control page answers, and that a replay can be told to it."""
    remedy = "`docker compose up --detach control`; `docker compose logs control`"
    try:
        said = JsonClient(patient.stack.control.address).get("/healthz") or {}
    except BackendError as error:
        raise Unwell("The control page does not answer.", f"{remedy} ({error})") from error
    if not said.get("takes_replays"):
        raise Unwell("What answers there is not the control page of this stack.", remedy)
    return f"the control page at {patient.stack.control.address} takes replays"


def engines(patient: Patient) -> str:
    """Check that Prometheus has the version that .env names."""
    client = JsonClient(patient.stack.prometheus.address)
    running = (client.get("/api/v1/status/buildinfo") or {})["data"]["version"]
    lines = (patient.stack.project / ".env").read_text(encoding="utf-8").splitlines()
    named = next(line for line in lines if line.startswith("PROMETHEUS_IMAGE="))
    wanted = named.rpartition(":")[2].removeprefix("v")
    # A local build may not know its version.
    if running and running != wanted:
        raise Unwell(
            f"Prometheus is {running}, and .env names {wanted}.",
            "`docker compose pull`, `make up`.",
        )
    return f"Prometheus is {running or 'of an unknown version'}"


def _patiently(patient: Patient, ask: Callable[[], Found]) -> Found | None:
    deadline_s = patient.patience_s + EXTRA_PATIENCE_S
    try:
        return wait_until(ask, what="Prometheus", deadline_s=deadline_s, every_s=1)
    except DeadlinePassed:
        return None
