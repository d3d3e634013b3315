"""Judge what an answer names: the route, the statement, and the line that sends it."""

import re

from exercise.answers import Answer
from exercise.draw import DECOYS
from exercise.grade.marks import Mark
from exercise.lesson import Lesson

DECOY_SAYS = {
    "busy": "sends six statements more than it needs, and the same six however much data there is",
    "count": "sends one slow statement, and hardly anybody opens it",
    "warning": "logs a warning about a parameter's name, which costs nobody any time",
}


def judge(answer: Answer, lesson: Lesson, decoy: str) -> list[Mark]:
    """Return the three marks of a diagnosis."""
    return [
        _route(answer.route, lesson, decoy),
        _statement(answer.statement, lesson),
        _line(answer, lesson),
    ]


def _route(given: str, lesson: Lesson, decoy: str) -> Mark:
    path = re.sub(r"^[A-Z]+ ", "", given.strip()).split("?")[0]
    route = path.rstrip("/") or path
    right = route == lesson.route
    if right:
        says = lesson.route
    elif route and route == DECOYS[decoy]:
        says = f"{route} {DECOY_SAYS[decoy]}: it is the decoy."
    elif route:
        says = f"{route} is as it always was."
    else:
        says = "ROUTE is empty."
    return Mark("route", 10, right, says)


def _statement(given: str, lesson: Lesson) -> Mark:
    words = re.sub(r"[\s\"`]+", " ", given).strip().lower()
    right = bool(words) and all(part in words for part in lesson.statement)
    if right:
        says = "it is this one."
    elif words:
        says = f"{_short(words)!r} is not what costs the time: copy the statement from a trace."
    else:
        says = "STATEMENT is empty."
    return Mark("statement", 15, right, says)


def _line(answer: Answer, lesson: Lesson) -> Mark:
    given = answer.line.strip()
    found = re.fullmatch(r"(?P<file>[^:]+):(?P<line>[0-9]{1,6})(?:\D.*)?", given)
    if found is None:
        says = "LINE is empty." if not given else f"{given!r} is not written as file:number."
        return Mark("line", 15, False, says)
    file, line = found["file"].removeprefix("./"), int(found["line"])
    for place in lesson.places:
        ends = place.file.endswith(f"/{file}") or file.endswith(f"/{place.file}")
        if (place.file == file or ends) and line in place.lines():
            where = f"in {place.function} of {place.file}" if place.function else f"in {place.file}"
            return Mark("line", 15, True, f"{where}.")
    return Mark("line", 15, False, f"{given} does not send that statement.")


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"
