"""Read the three counts that `incident reconcile` compares."""

import json
import subprocess
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from harness.clients.backend import Backend
from harness.clients.http import JsonClient
from harness.clients.prometheus import Prometheus
from harness.errors import BackendError
from otel_nplusone.read import stands_for, statement_of

METRIC = "clinic.sql.statements"
DIGEST = "clinic.sql.digest"
PSQL_TIMEOUT_S = 60

CALLS = """
SELECT coalesce(json_agg(json_build_array(query, calls)), '[]') FROM pg_stat_statements
WHERE userid = (SELECT oid FROM pg_roles WHERE rolname = '{role}')
"""


class ServiceCounts(Protocol):
    """Read the service's own counts by digest, as of its last export of metrics."""

    def counts(self) -> Mapping[str, int]: ...


class TracestoreCounts:
    """Read a tracestore's latest metrics."""

    def __init__(self, address: str, service_name: str) -> None:
        self._client = JsonClient(address)
        self._query = {"service": service_name, "name": METRIC}

    def counts(self) -> Mapping[str, int]:
        found: Counter[str] = Counter()
        answer = self._client.get("/api/metrics/latest", self._query) or {}
        for metric in answer.get("metrics", []):
            found[metric["attributes"][DIGEST]] += int(metric["value"])
        return found


class PrometheusCounts:
    """Read Prometheus, which has the service's metrics by way of the Collector."""

    def __init__(self, address: str, service_name: str) -> None:
        self._prometheus = Prometheus(address)
        selector = f'clinic_sql_statements_total{{service_name="{service_name}"}}'
        self._query = f"sum by (clinic_sql_digest) ({selector})"

    def counts(self) -> Mapping[str, int]:
        return {
            one["metric"]["clinic_sql_digest"]: int(float(one["value"][1]))
            for one in self._prometheus.series(self._query)
        }


class SpanCounts:
    """Count the DB spans of a service by their text, since a moment."""

    def __init__(self, backend: Backend, since_ns: int) -> None:
        self._backend = backend
        self._since_ns = since_ns

    def counts(self) -> Mapping[str, int]:
        spans = {
            (span.trace_id, span.span_id): span.attributes
            for span in self._backend.spans_between(self._since_ns, time.time_ns())
        }
        found: Counter[str] = Counter()
        for attributes in spans.values():
            text = statement_of(attributes)
            if text is not None:
                found[text] += stands_for(attributes)  # more than one where repeats are folded
        return found


class DatabaseCounts:
    """Ask pg_stat_statements for one role's statements, by psql."""

    def __init__(self, psql: Sequence[str], role: str, folder: Path) -> None:
        """Take the command line `psql`, which in `folder` reaches the database as a superuser."""
        self._psql = psql
        self._role = role
        self._folder = folder

    def reset(self) -> None:
        """Reset the database's counts."""
        self._ask("SELECT pg_stat_statements_reset()")

    def counts(self) -> Mapping[str, int]:
        found: Counter[str] = Counter()
        for text, calls in json.loads(self._ask(CALLS.format(role=self._role))):
            found[text] += calls
        return found

    def _ask(self, statement: str) -> str:
        command = [*self._psql, "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement]
        try:
            done = subprocess.run(
                command,
                cwd=self._folder,
                capture_output=True,
                text=True,
                timeout=PSQL_TIMEOUT_S,
                check=False,
            )
        except (FileNotFoundError, subprocess.TimeoutExpired) as error:
            raise BackendError(f"The database cannot be asked: {error}") from error
        if done.returncode != 0:
            raise BackendError(
                f"pg_stat_statements cannot be read: {done.stderr.strip() or 'psql says nothing'}; "
                "it wants shared_preload_libraries=pg_stat_statements and CREATE EXTENSION."
            )
        return done.stdout.strip()
