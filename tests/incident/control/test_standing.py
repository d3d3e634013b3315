"""Test the story of a stack that runs without a replay, and what its page can change."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.clients.http import answers
from harness.errors import BackendError
from harness.ports import unused_port
from harness.project import PROJECT
from incident.control.desk import Desk, Leave, SetAudience, SetStrategy, SetUsers
from incident.control.meters import Flags, FlagsFile, Meters, Reading
from incident.control.shown import SILENT_S, Shown
from incident.control.standing import Standing
from incident.story import events as ev
from incident.story.render import OF_A_STACK, fragments

LINKS = {"clinic": "http://127.0.0.1:8000", "traces": "http://127.0.0.1:16686"}


@dataclass
class Fakes:
    """Stand for the meters of a stack: what they read is what a test says."""

    users: int = 30
    alerts: Mapping[str, str] = field(default_factory=dict)
    locust_is_there: bool = True

    def read(self) -> Reading:
        return Reading(
            users=self.users,
            requests_per_second=2.4,
            p50_ms=9000.0,
            statements_per_request=491.0,
            machine_cpu_percent=52.0,
            alerts=self.alerts,
        )

    def send(self, users: int) -> None:
        if not self.locust_is_there:
            raise BackendError("Locust does not answer.")
        self.users = users


@pytest.fixture
def flags_file(tmp_path: Path) -> Path:
    return Path(shutil.copy(PROJECT / "service" / "flags.json", tmp_path / "flags.json"))


@pytest.fixture
def meters() -> Fakes:
    return Fakes()


@pytest.fixture
def clock() -> list[float]:
    """Return the moments that a clock has told: the last one is now."""
    return [0.0]


@pytest.fixture
def shown(tmp_path: Path, clock: list[float]) -> Shown:
    return Shown(tmp_path, clock=lambda: clock[-1])


@pytest.fixture
def asked() -> Desk:
    return Desk()


@pytest.fixture
def standing(shown: Shown, asked: Desk, meters: Fakes, flags_file: Path) -> Standing:
    return Standing(shown, asked, meters, FlagsFile(flags_file), LINKS, look_every_s=0)  # type: ignore[arg-type]  # the same methods


def test_the_stack_is_shown_as_it_runs(standing: Standing, shown: Shown) -> None:
    standing.turn()
    standing.turn()

    drawn = fragments(shown.story)
    assert "The clinic has 30 visitors at a time; Success Stories are read by naive." in " ".join(
        drawn["headline"].replace("\N{NO-BREAK SPACE}", " ").split()
    )
    assert "491" in drawn["now"]
    assert {name for name, html in drawn.items() if html} == set(OF_A_STACK)


def test_what_is_asked_is_done_and_told_in_the_story(
    standing: Standing, shown: Shown, asked: Desk, meters: Fakes, flags_file: Path
) -> None:
    standing.turn()
    for command in (SetStrategy("core"), SetAudience(5), SetUsers(12)):
        asked.ask(command)

    standing.turn()

    assert FlagsFile(flags_file).read() == Flags("core", 5.0)
    assert meters.users == 12
    assert [(one.what, one.now) for one in shown.story.switches] == [
        ("strategy", "core"),
        ("audience", "5%"),
        ("users", "12"),
    ]
    assert asked.state().waiting == ()


def test_what_cannot_be_done_is_a_sentence(standing: Standing, asked: Desk, meters: Fakes) -> None:
    meters.locust_is_there = False
    standing.turn()
    asked.ask(SetUsers(1))

    standing.turn()

    assert asked.state().refused == "Locust does not answer."


def test_an_alert_is_told_when_it_fires_and_when_it_is_over(
    standing: Standing, shown: Shown, meters: Fakes
) -> None:
    standing.turn()
    meters.alerts = {"TooManyStatements": "491 for one request."}
    standing.turn()
    standing.turn()
    meters.alerts = {}
    standing.turn()

    assert [(one.name, one.firing) for one in shown.story.alerts] == [
        ("TooManyStatements", True),
        ("TooManyStatements", False),
    ]


def test_a_replay_is_shown_until_somebody_leaves_it(
    standing: Standing, shown: Shown, asked: Desk
) -> None:
    shown.hear("a", 0, [ev.Note(at_s=1.0, text="noted")])
    standing.turn()
    during = shown.story.standing
    shown.hear("a", 1, [ev.Ended(at_s=2.0, exit_code=0)])
    standing.turn()
    after = shown.story.standing
    asked.ask(Leave())
    standing.turn()

    assert (during, after, shown.story.standing) == (False, False, True)
    assert asked.state().strategies


def test_a_replay_that_is_silent_has_been_killed(
    standing: Standing, shown: Shown, asked: Desk, clock: list[float]
) -> None:
    shown.hear("a", 0, [ev.Note(at_s=1.0, text="noted")])
    clock.append(SILENT_S + 1)

    standing.turn()
    standing.turn()

    assert "told nothing" in shown.stopped
    assert asked.state().can == {"leave"}


def test_parts_that_are_away_leave_their_figures_out(tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{unused_port()}"
    assert not answers(nowhere)()

    reading = Meters(nowhere, nowhere).read()

    assert (reading.users, reading.p50_ms, reading.statements_per_request) == (None, None, None)
    assert reading.alerts == {}
    assert FlagsFile(tmp_path / "missing").read() is None
