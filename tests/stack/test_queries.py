"""Ask the running stack what dashboards and alerts ask; the incident is paged."""

from contextlib import suppress
from pathlib import Path
from typing import Protocol

import pytest

from harness.errors import DeadlinePassed
from harness.waiting import wait_until
from incident.stack import flags
from tests.stack import queries

pytestmark = pytest.mark.stack

# The longest rate is over 30 m, and looks back no further than there are samples.
ANSWERED_S = 180
# Rates over one minute, 30 s of patience, and evaluations of 10 s.
PAGED_S = 240
RESOLVED_S = 300
# By what the incident does to the clinic, and by what causes it.
BEGUN = "clinic:strategy:begun"
EFFECT, CAUSE = "LatencyObjectiveBurning", "TooManyStatements"


class Stack(Protocol):
    """Type the stack of tests/stack/conftest.py."""

    def url(self, port: str, path: str = "") -> str: ...


@pytest.fixture
def address(stack: Stack) -> str:
    return stack.url("PROMETHEUS_PORT")


def test_every_query_of_every_dashboard_and_rule_gives_data(address: str) -> None:
    asked = [*queries.of_dashboards(), *queries.of_records()]

    def unanswered() -> list[str]:
        answers = [queries.ask(address, query) for query in asked]
        return [
            str(answer)
            for answer in answers
            # A strategy's beginning is remarked for its first minute only.
            if answer.error or not (answer.series or answer.query.asked_by == BEGUN)
        ]

    with suppress(DeadlinePassed):
        wait_until(
            lambda: not unanswered(),
            what="data for every query",
            deadline_s=ANSWERED_S,
            every_s=5,
        )

    assert unanswered() == []


def test_no_expression_of_an_alert_is_an_error(address: str) -> None:
    answers = [queries.ask(address, query) for query in queries.of_alerts()]

    assert [str(answer) for answer in answers if answer.error] == []


def test_the_incident_is_paged_and_the_fix_resolves_it(address: str, flags_file: Path) -> None:
    wait_until(
        lambda: {EFFECT, CAUSE} <= queries.firing(address),
        what=f"{EFFECT} and {CAUSE} to fire under naive",
        deadline_s=PAGED_S,
        every_s=2,
    )

    flags.switch(flags_file, "core")
    wait_until(
        lambda: queries.ask(address, queries.Query("annotation", BEGUN)).series,
        what="the change of strategy to be annotated",
        deadline_s=PAGED_S,
        every_s=2,
    )

    wait_until(
        lambda: not {EFFECT, CAUSE} & queries.firing(address),
        what="both to resolve under core",
        deadline_s=RESOLVED_S,
        every_s=2,
    )
    assert "TelemetryLost" not in queries.firing(address)
