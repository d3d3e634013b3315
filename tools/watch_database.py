"""Show Prometheus what PostgreSQL itself counts: watch_database.py --port 9187.

A process of its own, with a role that sees statistics and no data: in the incident the clinic
cannot answer questions about itself. A script outside of the package, whose imports cost
14 MB more. A scrape opens one connection, asks three questions, and closes it; when the database
does not answer, the scrape fails, and Prometheus says so (`up`).

    /metrics ──► pg_stat_statements, pg_stat_activity, pg_locks ──► text format 0.0.4
"""

import argparse
import logging
import os
import re
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

import psycopg

log = logging.getLogger(__name__)

EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"
CONNECT_TIMEOUT_S = 3
# The dozen that matter, and room; each is three series.
MAX_STATEMENTS = 40
MAX_TEXT = 160

STATEMENTS = """
SELECT queryid, query, sum(calls)::bigint, sum(rows)::bigint, sum(total_exec_time) / 1000
FROM pg_stat_statements
WHERE userid = (SELECT oid FROM pg_roles WHERE rolname = %(role)s)
GROUP BY queryid, query ORDER BY 3 DESC LIMIT %(limit)s
"""
CONNECTIONS = """
SELECT coalesce(state, 'unknown'), count(*)
FROM pg_stat_activity WHERE usename = %(role)s GROUP BY 1
"""
LOCKS = """
SELECT mode, count(*) FILTER (WHERE granted), count(*) FILTER (WHERE NOT granted)
FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE usename = %(role)s GROUP BY 1
"""

_SELECT_LIST = re.compile(r"\b(SELECT(?: DISTINCT)?) .*? (FROM)\b", re.IGNORECASE)


class DatabaseUnavailable(Exception):
    """Report that the database does not answer, or keeps no statistics."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Hold one statement's row of pg_stat_statements."""

    query_id: int
    text: str
    calls: int
    rows: int
    seconds: float

    @property
    def labels(self) -> dict[str, str]:
        # Ids are 64 bits: their last digits tell a dozen statements apart, and can be read.
        return {
            "query_id": f"{self.query_id & 0xFFFFFF:06x}",
            "statement": shorten(self.text),
        }


@dataclass(frozen=True, slots=True)
class Statistics:
    """Hold what one scrape tells."""

    statements: tuple[Statement, ...]
    connections: Mapping[str, int]
    locks: Mapping[str, int]
    locks_waiting: int


def shorten(text: str) -> str:
    """Return a statement on one line, without its list of columns, and not too long."""
    line = _SELECT_LIST.sub(r"\1 … \2", " ".join(text.split()))
    return line if len(line) <= MAX_TEXT else line[: MAX_TEXT - 1] + "…"


def read(database_url: str, role: str) -> Statistics:
    """Ask the database about one role; raise DatabaseUnavailable if it does not answer."""
    # psycopg knows no URL of SQLAlchemy's: the driver's name goes.
    url = database_url.replace("postgresql+psycopg://", "postgresql://", 1)
    asked = {"role": role, "limit": MAX_STATEMENTS}
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_S) as connection:
            statements = connection.execute(STATEMENTS, asked).fetchall()
            connections = connection.execute(CONNECTIONS, asked).fetchall()
            locks = connection.execute(LOCKS, asked).fetchall()
    except psycopg.Error as error:
        log.warning("the database gives no statistics: %s", error)
        raise DatabaseUnavailable from error
    return Statistics(
        statements=tuple(Statement(*row) for row in statements),
        connections=dict(connections),
        locks={mode: held for mode, held, _ in locks},
        locks_waiting=sum(waiting for _, _, waiting in locks),
    )


def render(statistics: Statistics) -> str:
    """Write the statistics in Prometheus' text format."""
    return "\n".join([*_lines(statistics), ""])


def _lines(found: Statistics) -> Iterator[str]:
    for name, field in (("calls", "calls"), ("rows", "rows"), ("seconds", "seconds")):
        samples = [(one.labels, getattr(one, field)) for one in found.statements]
        yield from _metric(f"pg_statement_{name}_total", "counter", samples)
    by_state: list[tuple[Mapping[str, str], float]] = [
        ({"state": state}, count) for state, count in sorted(found.connections.items())
    ]
    yield from _metric("pg_connections", "gauge", by_state or [({"state": "idle"}, 0)])
    by_mode: list[tuple[Mapping[str, str], float]] = [
        ({"mode": mode}, count) for mode, count in sorted(found.locks.items())
    ]
    yield from _metric("pg_locks", "gauge", by_mode or [({"mode": "AccessShareLock"}, 0)])
    yield from _metric("pg_locks_waiting", "gauge", [({}, found.locks_waiting)])


def _metric(
    name: str, kind: str, samples: Iterable[tuple[Mapping[str, str], float]]
) -> Iterator[str]:
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        listed = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        yield f"{name}{{{listed}}} {value}" if listed else f"{name} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def make_server(address: tuple[str, int], database_url: str, role: str) -> HTTPServer:
    """Make a server of GET /metrics; one scrape at a time."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            if urlsplit(self.path).path != "/metrics":
                return self._answer(404, "there is /metrics, and nothing else\n")
            try:
                self._answer(200, render(read(database_url, role)))
            except DatabaseUnavailable:
                self._answer(503, "the database gives no statistics\n")

        def _answer(self, status: int, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", EXPOSITION)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            log.debug(format, *args)

    return HTTPServer(address, Handler)


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM or Ctrl-C; return 2 for what cannot be served."""
    parser = argparse.ArgumentParser(description="Serve PostgreSQL's own counts at /metrics.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", default=9187, type=int)
    parser.add_argument("--role", default="clinic", help="whose statements to count")
    told = parser.parse_args(arguments)
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgresql"):
        return _refuse(
            f"DATABASE_URL={url!r} is not a PostgreSQL URL; only PostgreSQL has these statistics."
        )
    try:
        server = make_server((told.host, told.port), url, told.role)
    except OSError as error:
        return _refuse(f"Port {told.port} cannot be listened on ({error}): give another --port.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with server:
        server.serve_forever()
    return 0


def _refuse(why: str) -> int:
    print(f"watch_database: {why}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
