"""Show the story, and lead to everything else."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards import database, telemetry, visitors, why_slow
from dashboards.page import ALERTS, JAEGER, LOCUST, STORIES, page
from dashboards.panels import HALF, latest, lines, number, prose, query, rows, states, words
from dashboards.visitors import AT_VISITOR, SPANS

UID = "clinic-home"

STORY = f"""
The clinic's new page, *Success Stories*, passed its tests and was launched. An hour later nothing
answers, the CPU stands at a plateau, and no error is logged.

1. [What do visitors feel?](/d/{visitors.UID}) They wait, and so do health checks.
2. [Why is it slow?](/d/{why_slow.UID}) One page sends hundreds of statements: an N+1 query.
3. [What does the database see?](/d/{database.UID}) One statement, thousands of times a second.
4. [Can I trust the telemetry?](/d/{telemetry.UID}) Every span that was made has arrived.

The traces are in [Jaeger]({STORIES}), the visitors in [Locust]({LOCUST}), the alerts in
[Prometheus]({ALERTS}); Jaeger's own view of the clinic is its [Monitor tab]({JAEGER}/monitor).
The fix, under load: `make fix STRATEGY=core`. Watch the blue line.
"""


def build() -> Dashboard:
    return page(
        UID,
        "The cat clinic",
        "The morning in one look: what hurts, since when, and where to go on.",
        prose("The morning", STORY, span=HALF, height=8),
        words(
            "Strategy in force",
            "How Success Stories are read now.",
            latest("clinic:strategy:in_force == 1", "{{clinic_strategy}}"),
            height=8,
        ),
        number(
            "Alerts firing",
            "Each names its cause below.",
            "none",
            query('count(ALERTS{alertstate="firing"}) or vector(0)'),
            limit=1,
            height=8,
        ),
        number(
            "Requests",
            "Answers per second, of all routes.",
            "reqps",
            query(
                'sum(rate(http_server_request_duration_seconds_count{service_name="cat-clinic"}[1m]))'
            ),
            height=8,
        ),
        rows(
            "Alerts",
            "What fires, or is about to. Empty is good.",
            "none",
            "sum by (alertname, severity, http_route, clinic_strategy, alertstate) (ALERTS) "
            'or on() label_replace(vector(0), "alertname", "none", "", "")',
        ),
        lines(
            "Visitors wait",
            "The 95th percentile of what Locust waits for an answer.",
            "ms",
            query(
                f"histogram_quantile(0.95, sum by (le) (rate({SPANS}_bucket{{{AT_VISITOR}}}[1m])))",
                "p95",
            ),
            limit=1000,
        ),
        lines(
            "SQL statements per request (p95)",
            "By route and strategy. The cause.",
            "none",
            query("clinic:request_statements:p95_rate1m", "{{http_route}} {{clinic_strategy}}"),
            limit=50,
        ),
        lines(
            "CPU of the clinic, in cores",
            "The plateau: one core is all that a process of Python can use.",
            "none",
            query("sum(clinic:process_cpu:cores_rate1m)", "cores"),
            limit=1,
        ),
        lines(
            "Health check",
            "How long /healthz takes. A load balancer would have given up.",
            "s",
            query('scrape_duration_seconds{job="clinic"}', "/healthz"),
            limit=1,
        ),
        states(
            "Strategy",
            "How Success Stories were read, and when that changed.",
            query("clinic:strategy:in_force", "{{clinic_strategy}}"),
        ),
    )
