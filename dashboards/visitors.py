"""Show what visitors feel."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.page import page
from dashboards.panels import heat, lines, query

UID = "clinic-visitors"

OF_CLINIC = 'service_name="cat-clinic"'
ANSWERED = "http_server_request_duration_seconds"
SPANS = "traces_span_metrics_duration_milliseconds"
AT_VISITOR = 'service_name="visitors", span_kind="SPAN_KIND_CLIENT"'
AT_CLINIC = 'service_name="cat-clinic", span_kind="SPAN_KIND_SERVER"'


def mean_ms(where: str) -> str:
    return f"sum(rate({SPANS}_sum{{{where}}}[1m])) / sum(rate({SPANS}_count{{{where}}}[1m]))"


def percentile(share: float, by: str, where: str = OF_CLINIC) -> str:
    return (
        f"histogram_quantile({share}, sum by (le, {by}) (rate({ANSWERED}_bucket{{{where}}}[1m])))"
    )


def build() -> Dashboard:
    return page(
        UID,
        "What do visitors feel?",
        "Rate, errors and latency by route, and the waiting that no trace of the clinic shows.",
        lines(
            "Requests by route",
            "Answers per second. In the incident there are few: the clinic is busy, not idle.",
            "reqps",
            query(
                f"sum by (http_route) (rate({ANSWERED}_count{{{OF_CLINIC}}}[1m]))", "{{http_route}}"
            ),
        ),
        lines(
            "Errors",
            "Answers with a status from 500 on. In the incident there are none: who alerts on "
            "errors alone sleeps through it.",
            "reqps",
            query(
                f'sum(rate({ANSWERED}_count{{{OF_CLINIC}, http_response_status_code=~"5.."}}[1m]))'
                " or vector(0)",
                "5xx",
            ),
        ),
        lines(
            "Requests slower than a second",
            "The objective allows 1 %. The alert burns at 14.4 % over both windows.",
            "percentunit",
            query("clinic:requests_slow:ratio_rate1m", "of the last minute"),
            query("clinic:requests_slow:ratio_rate5m", "of the last five minutes"),
            limit=0.144,
        ),
        lines(
            "Latency by route (p95)",
            "Measured by the clinic, from when a thread takes the request on. The histogram ends "
            "at ten seconds.",
            "s",
            query(percentile(0.95, "http_route"), "{{http_route}}"),
        ),
        lines(
            "Waiting: what visitors see, and what the clinic sees",
            "Locust's own spans against the clinic's. The difference is the queue in front of its "
            "eight threads, and no trace of the clinic shows it.",
            "ms",
            query(mean_ms(AT_VISITOR), "at the visitor"),
            query(mean_ms(AT_CLINIC), "in the clinic"),
        ),
        heat(
            "Latency at the visitor",
            "Every request of Locust. A dot is a trace: it begins where the visitor waits.",
            "ms",
            f"sum by (le) (increase({SPANS}_bucket{{{AT_VISITOR}}}[$__rate_interval]))",
        ),
        lines(
            "Health check",
            "How long /healthz takes when Prometheus asks for it, as a load balancer would: it "
            "queues with the visitors.",
            "s",
            query('scrape_duration_seconds{job="clinic"}', "/healthz"),
            limit=1,
            span=24,
        ),
    )
