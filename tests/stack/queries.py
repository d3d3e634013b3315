"""Collect the questions that dashboards and rules ask of Prometheus, and which it answers."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import requests
import yaml

from harness.project import PROJECT

# What Grafana replaces its own variables by.
VARIABLES = {"$__rate_interval": "1m"}


@dataclass(frozen=True, slots=True)
class Query:
    """Hold an expression, and where it stands."""

    asked_by: str
    expression: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what Prometheus says: an error, or the number of series."""

    query: Query
    series: int
    error: str | None = None

    def __str__(self) -> str:
        return f"{self.query.asked_by}: {self.error or 'no data'}: {self.query.expression}"


def of_dashboards() -> Iterator[Query]:
    for path in sorted((PROJECT / "dashboards" / "json").glob("*.json")):
        for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]:
            for target in panel.get("targets", []):
                expression = target["expr"]
                for name, value in VARIABLES.items():
                    expression = expression.replace(name, value)
                yield Query(f"{path.stem}, {panel['title']}", expression)


def of_records() -> Iterator[Query]:
    for rule in _rules():
        if "record" in rule:
            yield Query(rule["record"], rule["record"])


def of_alerts() -> Iterator[Query]:
    for rule in _rules():
        if "alert" in rule:
            yield Query(rule["alert"], rule["expr"])


def ask(prometheus: str, query: Query) -> Answer:
    """Ask once; a series whose only value is NaN does not count."""
    response = requests.get(
        f"{prometheus}/api/v1/query", params={"query": query.expression}, timeout=30
    )
    answer = response.json()
    if answer["status"] != "success":
        return Answer(query, 0, answer["error"])
    return Answer(query, sum(one["value"][1] != "NaN" for one in answer["data"]["result"]))


def firing(prometheus: str) -> set[str]:
    """Return the names of the alerts that fire now."""
    alerts = requests.get(f"{prometheus}/api/v1/alerts", timeout=30).json()["data"]["alerts"]
    return {one["labels"]["alertname"] for one in alerts if one["state"] == "firing"}


def _rules() -> Iterator[Mapping[str, str]]:
    rules = yaml.safe_load((PROJECT / "otel" / "alerts.yaml").read_text(encoding="utf-8"))
    for group in rules["groups"]:
        yield from group["rules"]
