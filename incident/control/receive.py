"""Take a replay from its process, which plays outside of this container, and hand asks back to it.

PUT /replay/<name>   {"from": 12, "events": ["…", …], "strategies": […], "can": […],
                      "waiting": ["strategy core"], "refused": ""}
200                  {"have": 14, "asks": [{"what": "strategy", "name": "core"}]}
409                  {"error": "…"}   another replay goes on
"""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

from incident.control import asked
from incident.control.desk import CAN, Command, Desk
from incident.control.guard import Refused
from incident.control.shown import Shown
from incident.errors import RecordError
from incident.story.events import from_json

PATH = "/replay/"


def init_app(app: Flask, shown: Shown, desk: Desk) -> None:
    """Add the address that a replay tells its story to."""
    handed: list[Command] = []

    @app.put(f"{PATH}<name>")
    def hear(name: str) -> ResponseReturnValue:
        if shown.is_taken_by_another(name):
            return jsonify(error="Another replay goes on, and this page shows that one."), 409
        try:
            told = _told(request.get_json())
            have = shown.hear(name, told["from"], [from_json(line) for line in told["events"]])
        except (RecordError, KeyError, TypeError) as error:
            return jsonify(error=f"This is not a part of a replay: {error!r:.200}"), 400
        desk.offer(strategies=told["strategies"], can=[one for one in CAN if one in told["can"]])
        _settle(desk, handed, told["waiting"], told["refused"])
        return jsonify(have=have, asks=[asked.form(one) for one in _take(desk, handed)])


def check_sender() -> None:
    """Raise Refused for what a page of any site can send: a program sends no such header."""
    for header in ("Origin", "Sec-Fetch-Site"):
        if header in request.headers:
            raise Refused("A replay is told by its program, not by a page.")
    if request.mimetype != "application/json":
        raise Refused("A replay is told as JSON.")


def _told(document: Mapping[str, Any]) -> Mapping[str, Any]:
    lists = ("events", "strategies", "can", "waiting")
    if not isinstance(document["from"], int) or not isinstance(document["refused"], str):
        raise TypeError("from is a number, and refused a text")
    for name in lists:
        if not all(isinstance(one, str) for one in document[name]):
            raise TypeError(f"{name} is a list of texts")
    return document


def _take(desk: Desk, handed: list[Command]) -> list[Command]:
    taken = []
    while (command := desk.take()) is not None:
        taken.append(command)
    handed += taken
    return taken


def _settle(desk: Desk, handed: list[Command], waiting: Sequence[str], refused: str) -> None:
    """Tell the desk of what the replay has done, or could not do."""
    for command in list(handed):
        if str(command) not in waiting:
            handed.remove(command)
            desk.told(command, refused)
