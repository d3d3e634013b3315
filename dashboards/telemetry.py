"""Show whether the telemetry can be trusted."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.page import page
from dashboards.panels import THIRD, lines, number, query

UID = "clinic-telemetry"

STARTED = 'sum(otel_sdk_span_started_total{service_name="cat-clinic"})'
EXPORTED = 'sum(otel_sdk_exporter_span_exported_total{service_name="cat-clinic", error_type=""})'
LOST = (
    '(sum(otel_sdk_processor_span_processed_total{service_name="cat-clinic", error_type!=""})'
    " or vector(0))"
    ' + (sum(otel_sdk_exporter_span_exported_total{service_name="cat-clinic", error_type!=""})'
    " or vector(0))"
)

# Jaeger is built on the Collector and counts under the Collector's names: the job tells them apart.
COLLECTOR, JAEGER = 'job="otel-collector"', 'job="jaeger"'


def per_second(counter: str, where: str) -> str:
    return f"sum(rate({counter}{{{where}}}[1m]))"


def build() -> Dashboard:
    return page(
        UID,
        "Can I trust the telemetry?",
        "Every span from the clinic to Jaeger's storage: made, sent, refused, lost.",
        number(
            "Spans made",
            "By the running processes of the clinic, since they started.",
            "short",
            query(STARTED),
            span=THIRD,
        ),
        number(
            "Spans on their way",
            "Made, neither exported nor lost: open ones, and the queue. It falls to 0 when the "
            "clinic rests.",
            "short",
            query(f"{STARTED} - {EXPORTED} - ({LOST})"),
            span=THIRD,
        ),
        number(
            "Spans lost by the clinic",
            "Its queue was full, or an export failed.",
            "short",
            query(LOST),
            span=THIRD,
            limit=1,
        ),
        lines(
            "Spans made, exported, lost",
            "By the clinic, each second. Made and exported lie on one another.",
            "ops",
            query('sum(rate(otel_sdk_span_started_total{service_name="cat-clinic"}[1m]))', "made"),
            query(
                "sum(rate(otel_sdk_exporter_span_exported_total"
                '{service_name="cat-clinic", error_type=""}[1m]))',
                "exported",
            ),
            query(
                "sum(rate(otel_sdk_processor_span_processed_total"
                '{service_name="cat-clinic", error_type!=""}[1m])) or vector(0)',
                "lost: queue full",
            ),
            query(
                "sum(rate(otel_sdk_exporter_span_exported_total"
                '{service_name="cat-clinic", error_type!=""}[1m])) or vector(0)',
                "lost: export failed",
            ),
        ),
        lines(
            "The clinic's queue",
            "It drops when full, and never blocks a visitor.",
            "none",
            query(
                'sum(otel_sdk_processor_span_queue_size{service_name="cat-clinic"})', "spans in it"
            ),
            query(
                'sum(otel_sdk_processor_span_queue_capacity{service_name="cat-clinic"})', "capacity"
            ),
        ),
        lines(
            "The Collector: received, refused, sent",
            "Refused spans are tried again by the sender; failed ones are lost.",
            "ops",
            query(per_second("otelcol_receiver_accepted_spans", COLLECTOR), "received"),
            query(
                per_second("otelcol_receiver_refused_spans", COLLECTOR) + " or vector(0)", "refused"
            ),
            query(
                per_second("otelcol_exporter_sent_spans", f'{COLLECTOR}, exporter=~"otlp.*"'),
                "sent",
            ),
            query(
                per_second("otelcol_exporter_send_failed_spans", COLLECTOR) + " or vector(0)",
                "failed to send",
            ),
            query(
                per_second("otelcol_exporter_enqueue_failed_spans", COLLECTOR) + " or vector(0)",
                "queue full",
            ),
        ),
        lines(
            "The Collector's queue for Jaeger",
            "It fills while Jaeger is away, and empties by itself.",
            "none",
            query(
                f'sum(otelcol_exporter_queue_size{{{COLLECTOR}, exporter=~"otlp.*jaeger"}})',
                "spans in it",
            ),
            query(
                f'sum(otelcol_exporter_queue_capacity{{{COLLECTOR}, exporter=~"otlp.*jaeger"}})',
                "capacity",
            ),
        ),
        lines(
            "Jaeger: received, stored, failed",
            "The end of the way.",
            "ops",
            query(per_second("otelcol_receiver_accepted_spans", JAEGER), "received"),
            query(per_second("otelcol_exporter_sent_spans", JAEGER), "stored"),
            query(
                per_second("otelcol_exporter_send_failed_spans", JAEGER) + " or vector(0)",
                "failed to store",
            ),
        ),
        lines(
            "Targets that answer",
            "1 while Prometheus is answered.",
            "none",
            query("up", "{{job}}"),
        ),
    )
