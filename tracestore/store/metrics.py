"""Keep the latest value of each metric series: how many spans a service created and dropped.

A series is a service, its instance, a metric's name and the point's attributes. Only its newest
point is kept; a history needs a metrics backend.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, astuple, dataclass
from typing import Any

from tracestore.store.database import Store

MAX_SERIES = 10_000

_KEEP_NEWEST = """
INSERT INTO metric_point VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (service, instance, name, attributes) DO UPDATE SET
  unit = excluded.unit, type = excluded.type, value = excluded.value,
  time_unix_nano = excluded.time_unix_nano
WHERE excluded.time_unix_nano >= metric_point.time_unix_nano
"""


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """Hold one series' point, a row of `metric_point`; attributes and value are JSON texts."""

    service: str
    instance: str
    name: str
    attributes: str
    unit: str
    type: str
    value: str
    time_unix_nano: int

    def as_object(self) -> dict[str, Any]:
        """Return the point as /api/metrics/latest gives it."""
        parsed = {"attributes": json.loads(self.attributes), "value": json.loads(self.value)}
        return asdict(self) | parsed


def write_points(store: Store, points: Iterable[MetricPoint]) -> None:
    """Keep each series' newest point; past MAX_SERIES delete the series that are silent longest."""
    with store.write() as connection:
        connection.executemany(_KEEP_NEWEST, map(astuple, points))
        _hold_limit(connection)


def latest_points(
    store: Store, *, service: str | None = None, name: str | None = None
) -> list[MetricPoint]:
    """Return the latest point of each series, or only those of a service or a metric."""
    with store.read() as connection:
        rows = connection.execute(
            "SELECT * FROM metric_point"
            " WHERE (:service IS NULL OR service = :service) AND (:name IS NULL OR name = :name)"
            " ORDER BY service, name, instance, attributes",
            {"service": service, "name": name},
        ).fetchall()
    return [MetricPoint(*row) for row in rows]


def _hold_limit(connection: sqlite3.Connection) -> None:
    (count,) = connection.execute("SELECT count(*) FROM metric_point").fetchone()
    if count > MAX_SERIES:
        connection.execute(
            "DELETE FROM metric_point WHERE (service, instance, name, attributes) IN"
            " (SELECT service, instance, name, attributes FROM metric_point"
            "  ORDER BY time_unix_nano LIMIT ?)",
            (count - MAX_SERIES,),
        )
