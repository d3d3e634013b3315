"""Tell a replay to a page that runs elsewhere, over HTTP, as on the compose stack."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3

from harness.ports import Port, unused_port
from harness.waiting import wait_until
from incident.control.desk import OF_A_REPLAY, Desk, NextPhase, SetStrategy
from incident.control.relay import Relay, relayed, takes_replays
from incident.control.server import control_page
from incident.control.shown import Shown
from incident.errors import IncidentError
from incident.story import events as ev
from incident.story.journal import Journal

NOTE = ev.Note(at_s=1.0, text="noted")
Phase = Callable[..., ev.PhaseBegun]


@pytest.fixture
def shown(tmp_path: Path) -> Shown:
    folder = tmp_path / "page"
    folder.mkdir()
    return Shown(folder)


@pytest.fixture
def asked() -> Desk:
    """Return the desk of the page."""
    return Desk()


@pytest.fixture
def page(shown: Shown, asked: Desk) -> Iterator[str]:
    port = Port(unused_port(), "the control page", "CONTROL_PORT")
    with control_page(port, shown, asked, replays=shown) as address:
        yield address


def test_the_page_shows_a_replay_and_its_report_once_it_has_ended(
    page: str, shown: Shown, journal: Journal, desk: Desk, begun: ev.Begun, phase: Phase
) -> None:
    with relayed(page, journal, desk):
        journal.write(begun)
        journal.write(phase())
        wait_until(lambda: shown.story.phases, what="the phase", deadline_s=20)
        metrics = urllib3.request("GET", f"{page}/metrics").data.decode()
        journal.write(ev.Ended(at_s=9.0, exit_code=0))

    assert shown.story == journal.story
    assert 'incident_phase{phase="launch",title="Launch"} 1' in metrics
    assert urllib3.request("GET", f"{page}/report.html").status == 200
    assert urllib3.request("GET", f"{page}/report.json").json()["result"]["finished"]


def test_what_is_asked_on_the_page_is_asked_of_the_replay_and_waits_until_it_is_done(
    page: str, asked: Desk, journal: Journal, desk: Desk
) -> None:
    desk.offer(strategies=["naive", "core"], can=OF_A_REPLAY)
    relay = Relay(page, journal, desk)
    relay.tell()

    asked.ask(SetStrategy("core"))
    relay.tell()
    relay.tell()
    waiting = asked.state().waiting
    taken = desk.take()
    assert taken == SetStrategy("core")
    desk.told(taken, "The clinic refuses it.")
    relay.tell()

    assert waiting == (SetStrategy("core"),)
    assert asked.state().waiting == ()
    assert asked.state().refused == "The clinic refuses it."


def test_what_the_replay_does_not_offer_any_more_is_dropped(
    page: str, asked: Desk, journal: Journal, desk: Desk
) -> None:
    desk.offer(strategies=["core"], can=OF_A_REPLAY)
    relay = Relay(page, journal, desk)
    relay.tell()
    asked.ask(NextPhase())
    desk.offer()

    relay.tell()

    assert asked.state().waiting == ()
    assert asked.state().can == frozenset()


def test_a_page_that_is_started_anew_is_told_all_that_it_lacks(
    page: str, shown: Shown, journal: Journal, desk: Desk
) -> None:
    relay = Relay(page, journal, desk)
    journal.write(NOTE)
    relay.tell()

    shown.leave()
    journal.write(NOTE)
    first, second = relay.tell(), relay.tell()

    assert (first, second) == (False, True)
    assert shown.story.notes == [NOTE, NOTE]


def test_a_page_that_is_away_does_not_end_the_replay(journal: Journal, desk: Desk) -> None:
    relay = Relay(f"http://127.0.0.1:{unused_port()}", journal, desk)

    relay.turn()

    with pytest.raises(IncidentError, match="does not answer"):
        relay.tell()


def test_two_replays_at_once_are_refused_and_one_after_the_other_is_shown(
    page: str, shown: Shown, journal: Journal, desk: Desk, tmp_path: Path
) -> None:
    with Journal(tmp_path / "second") as second:
        second.write(NOTE)
        Relay(page, journal, desk).tell()
        other = Relay(page, second, desk)

        with pytest.raises(IncidentError, match="Another replay goes on"):
            other.tell()
        journal.write(ev.Ended(at_s=9.0, exit_code=0))
        Relay(page, journal, desk).tell()
        other.tell()

    assert shown.story.notes == [NOTE]
    assert shown.story.ended is None


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://127.0.0.1:8088"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 403),
        ({"Content-Type": "text/plain"}, 403),
        ({"Host": "evil.example"}, 403),
        ({}, 400),
    ],
)
def test_no_page_of_a_browser_can_tell_a_replay(
    page: str, shown: Shown, headers: dict[str, str], status: int
) -> None:
    answer = urllib3.request(
        "PUT",
        f"{page}/replay/x",
        body=json.dumps({"from": 0, "events": ["coffee"]}),
        headers={"Content-Type": "application/json", **headers},
    )

    assert answer.status == status
    assert not shown.in_replay


def test_a_page_says_whether_it_takes_replays(page: str, address: str) -> None:
    assert takes_replays(page)
    assert not takes_replays(address)
    assert not takes_replays(f"http://127.0.0.1:{unused_port()}")
