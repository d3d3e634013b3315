"""Test that every question about the Collector's and Jaeger's own metrics says whose they are.

Jaeger is built on the Collector and counts under the same names: without `job` its spans are added
to the Collector's, and a loss in the one is blamed on the other.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.project import PROJECT
from tests.stack import queries

# A selector by name, or one that asks for names by pattern.
SELECTORS = re.compile(
    r"""\{[^{}]*__name__[^{}]*"(?:otelcol|jaeger)_[^{}]*}|\b(?:otelcol|jaeger)_\w+(?:\{[^{}]*})?"""
)
# Where queries may be written among code; literals of two lines are put together first.
PROGRAMS = sorted(
    path for folder in ("incident", "harness", "bench") for path in (PROJECT / folder).rglob("*.py")
)
JOINED = re.compile(r"""(['"])\n\s*\1""")


def of_programs() -> Iterator[queries.Query]:
    for path in PROGRAMS:
        code = JOINED.sub("", path.read_text(encoding="utf-8"))
        # Names of modules and figures begin so too.
        yield queries.Query(str(path.relative_to(PROJECT)), re.sub(r"\bjaeger_\w+(?!{)", "", code))


def of_rules() -> Iterator[queries.Query]:
    path = PROJECT / "otel" / "alerts.yaml"
    yield queries.Query(path.name, path.read_text(encoding="utf-8"))


ASKED = [
    (query.asked_by, selector)
    for query in (*queries.of_dashboards(), *of_rules(), *of_programs())
    for selector in SELECTORS.findall(query.expression)
]


def test_dashboards_rules_and_the_doctor_ask_such_questions() -> None:
    asking = {str(Path(asked_by.split(",")[0]).with_suffix("")) for asked_by, _ in ASKED}

    assert asking == {
        *("clinic-telemetry", "alerts", "incident/doctor/metrics"),
        "harness/compose/engines",
    }


@pytest.mark.parametrize(("asked_by", "selector"), sorted(set(ASKED)))
def test_the_job_is_named(asked_by: str, selector: str) -> None:
    assert re.search(r'[{,]\s*job="(otel-collector|jaeger)"', selector), asked_by


@pytest.mark.parametrize(("asked_by", "selector"), sorted(set(ASKED)))
def test_no_name_has_a_suffix_that_the_configurations_leave_out(
    asked_by: str, selector: str
) -> None:
    assert "_total" not in selector, asked_by


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("sum(rate(otelcol_a[1m]))", ["otelcol_a"]),
        ('otelcol_a{job="x"} unless jaeger_b', ['otelcol_a{job="x"}', "jaeger_b"]),
        ('sum({__name__=~"otelcol_(a|b)",c="d"})', ['{__name__=~"otelcol_(a|b)",c="d"}']),
        ("up", []),
    ],
)
def test_a_selector_is_found_wherever_it_stands(expression: str, found: list[str]) -> None:
    assert SELECTORS.findall(expression) == found
