"""Tell a replay to a control page that runs elsewhere, and take from there what people ask."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import urllib3

from harness.background import Repeating
from incident.control import asked
from incident.control.desk import Desk, NotOffered
from incident.control.receive import PATH
from incident.errors import IncidentError
from incident.story.growing import Growing
from incident.story.journal import FILE
from incident.story.lines import GrowingLines

EVERY_S = 0.5
TIMEOUT_S = 10
# A page that has to hear more takes it in several turns.
MOST_EVENTS = 500
LAST_TURNS = 20


class Relay(Repeating):
    """Send what a journal has written down, twice a second; `tell` sends it at once.

    A page that is away for a while, or that has been started anew, is told all that it lacks.
    """

    def __init__(self, address: str, journal: Growing, desk: Desk) -> None:
        super().__init__(EVERY_S)
        self._url = f"{address}{PATH}{journal.folder.name}"
        self._desk = desk
        self._file = GrowingLines(journal.folder / FILE)
        self._lines: list[str] = []
        self._have = 0
        self._refused = ""

    def turn(self) -> None:
        try:
            self.tell()
        except IncidentError:
            return  # the replay goes on without its page, and tells it more when it is back

    def tell(self) -> bool:
        """Send what the page lacks; return whether it has all then. Raises IncidentError."""
        self._lines += [line.decode() for line in self._file.added()]
        sent = self._lines[self._have : self._have + MOST_EVENTS]
        state = self._desk.state()
        answer = self._put(
            {
                "from": self._have,
                "events": sent,
                "strategies": state.strategies,
                "can": sorted(state.can),
                "waiting": [str(one) for one in state.waiting],
                "refused": self._refused or state.refused,
            }
        )
        self._have = int(answer["have"])
        self._refused = ""
        for form in answer["asks"]:
            try:
                self._desk.ask(asked.command(form.pop("what"), form))
            except (NotOffered, asked.BadAsk) as error:
                self._refused = str(error)
        return self._have == len(self._lines)

    def _put(self, document: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = urllib3.request(
                "PUT", self._url, json=document, retries=False, timeout=TIMEOUT_S
            )
            said: dict[str, Any] = answer.json()
        except (urllib3.exceptions.HTTPError, json.JSONDecodeError) as error:
            raise IncidentError(f"The control page does not answer: {error}") from error
        if answer.status != 200:
            raise IncidentError(f"The control page refuses the replay: {said.get('error')}")
        return said


@contextmanager
def relayed(address: str, journal: Growing, desk: Desk) -> Iterator[None]:
    """Tell a page of the replay while the block runs, and of its end.

    Raises IncidentError if the page shows another replay.
    """
    relay = Relay(address, journal, desk)
    relay.tell()
    try:
        with relay:
            yield
    finally:
        _finish(relay)


def takes_replays(address: str) -> bool:
    """Return whether the control page of a compose stack answers there."""
    try:
        answer = urllib3.request("GET", f"{address}/healthz", retries=False, timeout=TIMEOUT_S)
        return bool(answer.json().get("takes_replays"))
    except (urllib3.exceptions.HTTPError, json.JSONDecodeError, AttributeError):
        return False


def _finish(relay: Relay) -> None:
    for _ in range(LAST_TURNS):
        try:
            if relay.tell():
                return
        except IncidentError:
            return
