"""Show why the page is slow."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.page import page
from dashboards.panels import HALF, HEIGHT, heat, lines, query, states
from dashboards.visitors import AT_CLINIC, SPANS

UID = "clinic-why-slow"

IN_DB = 'service_name="cat-clinic", span_kind="SPAN_KIND_CLIENT"'


def build() -> Dashboard:
    return page(
        UID,
        "Why is it slow?",
        "From the symptom to the statement: what one request asks of the database, and what that "
        "costs the clinic.",
        heat(
            "SQL statements per request",
            "Success Stories alone. A page needs one; the incident sends hundreds. A dot is a "
            "trace: click it, and read the statements.",
            "none",
            "sum by (le) (increase(clinic_request_statements_bucket"
            '{http_route="/success-stories"}[$__rate_interval]))',
        ),
        lines(
            "SQL statements per request (p95)",
            "By route and strategy. From 50 on the alert TooManyStatements fires.",
            "none",
            query("clinic:request_statements:p95_rate1m", "{{http_route}} {{clinic_strategy}}"),
            limit=50,
        ),
        lines(
            "SQL statements per minute",
            "What the database has to answer. Fewer requests, and yet more statements.",
            "none",
            query(
                "sum by (clinic_strategy) (clinic:statements:rate1m) * 60",
                "{{clinic_strategy}}",
            ),
            stacked=True,
        ),
        lines(
            "Time in the database",
            "Share of the requests' time that passes in statements. Where it is small and the CPU "
            "is at its plateau, the time goes into the number of statements.",
            "percentunit",
            query(
                f'sum(rate({SPANS}_sum{{{IN_DB}, span_name!="connect"}}[1m]))'
                f" / sum(rate({SPANS}_sum{{{AT_CLINIC}}}[1m]))",
                "statements",
            ),
        ),
        lines(
            "CPU of the clinic, in cores",
            "One line for each process. Python computes on one core at a time: a machine of two "
            "stands at 50 % then, and nothing moves.",
            "none",
            query("clinic:process_cpu:cores_rate1m", "process {{service_instance_id}}"),
            limit=1,
        ),
        lines(
            "Threads busy",
            "Requests under way. At eight (CLINIC_THREADS) everybody else queues, health checks "
            "included.",
            "none",
            query('sum(http_server_active_requests{service_name="cat-clinic"})', "busy"),
            limit=8,
        ),
        lines(
            "Waiting for a connection (p95)",
            "From asking the pool to having a connection. Small: the pool is not the bottleneck.",
            "ms",
            query(
                "histogram_quantile(0.95, sum by (le) "
                f'(rate({SPANS}_bucket{{{IN_DB}, span_name="connect"}}[1m])))',
                "connect",
            ),
        ),
        lines(
            "Health check",
            "How long /healthz takes when Prometheus asks for it.",
            "s",
            query('scrape_duration_seconds{job="clinic"}', "/healthz"),
            limit=1,
        ),
        lines(
            "N+1 findings per minute",
            "Requests in which the detector found a repeated statement, by route and class.",
            "none",
            query(
                "sum by (http_route, nplusone_class) (increase(nplusone_findings_total[1m]))"
                " or vector(0)",
                "{{http_route}} {{nplusone_class}}",
            ),
        ),
        states(
            "Strategy in force",
            "How Success Stories are read. A change is annotated on every dashboard.",
            query("clinic:strategy:in_force", "{{clinic_strategy}}"),
            span=HALF,
            height=HEIGHT,
        ),
    )
