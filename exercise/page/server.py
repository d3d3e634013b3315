"""Serve the exercise's page, on the control page's port and with its guard."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from flask import Flask, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.serving import make_server

from exercise import answers, situation
from exercise.grade.check import check
from exercise.grade.marks import Grade
from exercise.places import Folder
from harness.background import serving
from harness.errors import HarnessError
from harness.ports import LOOPBACK, Port, require_free
from incident.control import guard
from incident.control.server import QuietHandler, names


class Desk:
    """Hold the last grade, and let one check run at a time."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.grade: Grade | None = None
        self._one = threading.Lock()

    def check(self) -> str:
        """Grade the answer; return what keeps it from being graded, or nothing."""
        if not self._one.acquire(blocking=False):
            return "The answer is being graded already: wait for the grade, and reload this page."
        try:
            self.grade = check(self.folder)
        except HarnessError as error:
            self.grade = None
            return str(error)
        finally:
            self._one.release()
        return ""


def create_app(port: int, folder: Folder, links: Mapping[str, str]) -> Flask:
    """Make the page's application."""
    app = Flask(__name__)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    token = guard.init_app(app, names(port), {})
    desk = Desk(folder)

    def page(problem: str = "", status: int = 200) -> ResponseReturnValue:
        try:
            answer = answers.read(folder.answer)
        except HarnessError as error:
            answer, problem = answers.Answer(folder.answer), problem or str(error)
        told = situation.tell(folder.state(), links)
        shown = render_template(
            "exercise.html",
            told=told,
            rules=situation.RULES,
            answer=answer,
            grade=desk.grade,
            problem=problem,
            token=token,
        )
        return shown, status

    app.add_url_rule("/", "index", page)

    @app.post("/answer")
    def keep() -> ResponseReturnValue:
        said = [" ".join(request.form.get(n, "").split()) for n in ("route", "statement", "line")]
        answers.write(folder.answer, *said)
        return redirect("/#answer", 303)

    @app.post("/hint")
    def hint() -> ResponseReturnValue:
        situation.take_hint(folder)
        return redirect("/#hints", 303)

    @app.post("/check")
    def grade() -> ResponseReturnValue:
        problem = desk.check()
        return page(problem, 409) if problem else redirect("/#grade", 303)

    @app.errorhandler(guard.Refused)
    def refused(error: guard.Refused) -> ResponseReturnValue:
        return page(str(error), 403)

    @app.errorhandler(HarnessError)
    def wrong(error: HarnessError) -> ResponseReturnValue:
        return page(str(error), 409)

    @app.errorhandler(HTTPException)
    def other(error: HTTPException) -> ResponseReturnValue:
        return page(error.description or error.name, error.code or 500)

    return app


@contextmanager
def exercise_page(port: Port, folder: Folder, links: Mapping[str, str]) -> Iterator[str]:
    """Serve the page while the block runs, and yield its address; raise PortTaken."""
    require_free([port])
    app = create_app(port.number, folder, links)
    server = make_server(LOOPBACK, port.number, app, threaded=True, request_handler=QuietHandler)
    with serving(server):
        yield port.address
