"""Show what the database sees."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.page import page
from dashboards.panels import lines, query, rows

UID = "clinic-database"


def top(expression: str) -> str:
    return f"topk(8, sum by (statement, query_id) (rate({expression}[1m])))"


def build() -> Dashboard:
    return page(
        UID,
        "What does the database see?",
        "PostgreSQL's own counts, from pg_stat_statements, for the clinic's role.",
        lines(
            "Calls by statement",
            "One statement, thousands of times a second: that is what an N+1 looks like from here.",
            "ops",
            query(top("pg_statement_calls_total"), "{{statement}}"),
        ),
        lines(
            "Rows by statement",
            "As many calls as rows, or nearly: each call fetches one row.",
            "ops",
            query(top("pg_statement_rows_total"), "{{statement}}"),
        ),
        lines(
            "Time by statement",
            "Seconds of execution in a second. The database is not slow: it is asked too often.",
            "s",
            query(top("pg_statement_seconds_total"), "{{statement}}"),
        ),
        lines(
            "Time for one call",
            "Microseconds for one execution, without the way there and back.",
            "s",
            query(
                f"{top('pg_statement_seconds_total')}"
                " / sum by (statement, query_id) (rate(pg_statement_calls_total[1m]))",
                "{{statement}}",
            ),
        ),
        lines(
            "Connections",
            "By state. Active ones execute a statement at this moment; idle ones wait for Python.",
            "none",
            query("sum by (state) (pg_connections)", "{{state}}"),
            stacked=True,
        ),
        lines(
            "Locks",
            "Held, and waited for. Reading pages wait for none.",
            "none",
            query("sum by (mode) (pg_locks)", "{{mode}}"),
            query("sum(pg_locks_waiting)", "waiting"),
        ),
        rows(
            "Statements",
            "Calls of each since the statistics were reset.",
            "none",
            "sort_desc(sum by (statement, query_id) (pg_statement_calls_total))",
        ),
    )
