"""Ask Prometheus for numbers, series and exemplars."""

import time
from collections.abc import Mapping
from typing import Any

from harness.clients.http import JsonClient


class Prometheus:
    """Ask one Prometheus."""

    def __init__(self, address: str) -> None:
        self._client = JsonClient(address)

    def series(self, expression: str) -> list[Mapping[str, Any]]:
        """Return every series of an instant query, as Prometheus writes it."""
        found: list[Mapping[str, Any]] = self._get("query", {"query": expression})["result"]
        return found

    def value(self, expression: str) -> float | None:
        """Return the sum over all series; None if no series is found."""
        found = self.series(f"sum({expression})")
        return float(found[0]["value"][1]) if found else None

    def count(self, expression: str) -> int:
        """Return the sum of a counter; 0 if it never counted."""
        return int(self.value(expression) or 0)

    def exemplars(self, expression: str, *, seconds: float = 600) -> list[str]:
        """Return the trace ids of the latest exemplars, newest first."""
        now = time.time()
        query = {"query": expression, "start": now - seconds, "end": now}
        points = [
            point for series in self._get("query_exemplars", query) for point in series["exemplars"]
        ]
        points.sort(key=lambda point: float(point["timestamp"]), reverse=True)
        return [one["labels"]["trace_id"] for one in points if "trace_id" in one["labels"]]

    def firing(self, severity: str) -> dict[str, str]:
        """Return what each alert of a severity that fires says, by its name."""
        found = self._get("alerts", {})["alerts"]
        return {
            one["labels"]["alertname"]: one["annotations"].get("summary", "")
            for one in found
            if one["state"] == "firing" and one["labels"].get("severity") == severity
        }

    def _get(self, what: str, query: Mapping[str, Any]) -> Any:
        return (self._client.get(f"/api/v1/{what}", query) or {})["data"]
