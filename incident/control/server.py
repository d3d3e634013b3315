"""Serve the control page from a thread of the process that plays the replay.

It answers while the clinic is dead: it shares nothing with it but the machine.
"""

import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask, Response, jsonify, redirect, render_template, request, send_from_directory
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server

from harness.background import serving
from harness.errors import PortTaken
from harness.ports import LOOPBACK, Port, require_free
from incident.control import guard, metrics, receive
from incident.control.asked import BadAsk, command
from incident.control.desk import Desk, NotOffered
from incident.control.pictures import OWN, REPORTS, Fragments, Pictures
from incident.control.shown import Shown
from incident.control.stream import HEARTBEAT_S, stream
from incident.story.growing import Growing
from incident.story.render import fragments, style
from incident.story.story import Story

# A browser opens six connections to one address; more pages than these are a mistake.
MOST_STREAMS = 24
# A browser that takes nothing for so long is gone.
GONE_AFTER_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Say as whom the page answers, and how it draws."""

    hosts: Sequence[str]
    # Where it takes replays that are played elsewhere, if it does.
    replays: Shown | None = None
    draw: Callable[[Story], Fragments] = fragments
    heartbeat_s: float = HEARTBEAT_S


def names(port: int) -> list[str]:
    """Return the names under which a page on a port of this machine is opened."""
    return [f"{LOOPBACK}:{port}", f"localhost:{port}", f"[::1]:{port}"]


def create_app(
    journal: Growing, desk: Desk, page: Page, closing: threading.Event | None = None
) -> Flask:
    """Make the page of a story that grows; its streams end once `closing` is set."""
    app = Flask(__name__)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    programs = {} if page.replays is None else {receive.PATH: receive.check_sender}
    token = guard.init_app(app, page.hosts, programs)
    pictures = Pictures(app, journal, desk, page.draw, token)
    _add_errors(app)
    _add_pages(app, journal, pictures, page)
    _add_buttons(app, desk)
    _add_stream(app, journal, pictures, page, closing or threading.Event())
    if page.replays is not None:
        receive.init_app(app, page.replays, desk)
    return app


def _add_pages(app: Flask, journal: Growing, pictures: Pictures, page: Page) -> None:
    @app.get("/")
    def index() -> str:
        ended = journal.story.ended is not None or bool(journal.stopped)
        return render_template(
            "page.html", fragments=pictures.now(), own=OWN, page=_page(app, journal), ended=ended
        )

    @app.get("/story.css")
    def story_style() -> Response:
        return Response(style(), mimetype="text/css")

    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok", takes_replays=page.replays is not None)

    @app.get("/metrics")
    def scrape() -> Response:
        _, story = journal.copy()
        return Response(metrics.exposition(story), content_type=metrics.CONTENT_TYPE)

    @app.get("/report.html")
    @app.get("/report.json")
    def report() -> Response:
        [name] = [name for name in REPORTS if request.path == f"/{name}"]
        answer = send_from_directory(journal.folder.absolute(), name)
        answer.headers["Content-Security-Policy"] = guard.REPORT_POLICY
        return answer


def _add_buttons(app: Flask, desk: Desk) -> None:
    @app.post("/ask/<what>")
    def ask(what: str) -> ResponseReturnValue:
        asked = command(what, request.form)
        desk.ask(asked)
        if _wants_json():
            return jsonify(asked=str(asked)), 202
        return redirect("/#control-desk", 303)


def _add_stream(
    app: Flask, journal: Growing, pictures: Pictures, page: Page, closing: threading.Event
) -> None:
    free = threading.BoundedSemaphore(MOST_STREAMS)

    @app.get("/events")
    def events() -> ResponseReturnValue:
        if not free.acquire(blocking=False):
            return _error(503, f"{MOST_STREAMS} pages are open already: close one.")
        told = stream(pictures.now, closing, _page(app, journal), heartbeat_s=page.heartbeat_s)
        answer = Response(told, mimetype="text/event-stream")
        answer.call_on_close(free.release)
        return answer


def _page(app: Flask, journal: Growing) -> str:
    """Return a word that changes when another process, or another replay, answers here."""
    run: str = app.extensions.setdefault("control_run", secrets.token_hex(4))
    return f"{run}-{journal.run}"


def _add_errors(app: Flask) -> None:
    @app.errorhandler(guard.Refused)
    def refused(error: guard.Refused) -> ResponseReturnValue:
        return _error(403, str(error))

    @app.errorhandler(BadAsk)
    def bad(error: BadAsk) -> ResponseReturnValue:
        return _error(400, str(error))

    @app.errorhandler(NotOffered)
    def not_offered(error: NotOffered) -> ResponseReturnValue:
        return _error(409, str(error))

    @app.errorhandler(HTTPException)
    def other(error: HTTPException) -> ResponseReturnValue:
        if request.path.lstrip("/") in REPORTS:
            return _error(404, "The report is not written yet: it is when the replay ends.")
        return _error(error.code or 500, error.description or error.name)


def _error(status: int, message: str) -> ResponseReturnValue:
    if _wants_json():
        return jsonify(error=message), status
    return render_template("error.html", message=message), status


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


class QuietHandler(WSGIRequestHandler):
    """Answer without a line in the log for each request: a terminal shows what is played."""

    def log(self, type: str, message: str, *args: object) -> None:  # Werkzeug's name
        """Keep quiet."""


class _Handler(QuietHandler):
    """Answer one request a connection."""

    protocol_version = "HTTP/1.0"
    timeout = GONE_AFTER_S


@contextmanager
def control_page(
    port: Port,
    journal: Growing,
    desk: Desk,
    *,
    host: str = LOOPBACK,
    also: Sequence[str] = (),
    draw: Callable[[Story], Fragments] = fragments,
    heartbeat_s: float = HEARTBEAT_S,
    replays: Shown | None = None,
) -> Iterator[str]:
    """Serve the page while the block runs, and yield its address.

    `also` are more values of the Host header under which it answers; `replays` takes replays that
    are played elsewhere. Raises PortTaken.
    """
    closing = threading.Event()
    hosts = [*also, *names(port.number)]
    page = Page(hosts=hosts, replays=replays, draw=draw, heartbeat_s=heartbeat_s)
    app = create_app(journal, desk, page, closing)
    with _listening(host, port) as listener:
        server = make_server(
            host, port.number, app, threaded=True, request_handler=_Handler, fd=listener.fileno()
        )
    with serving(server):
        try:
            yield port.address
        finally:
            closing.set()


def _listening(host: str, port: Port) -> socket.socket:
    """Return a socket that listens: Werkzeug would end the process if the port is taken."""
    require_free([port])
    try:
        return socket.create_server((host, port.number), backlog=64)
    except OSError as error:
        raise PortTaken(
            f"Port {port.number} on {host} cannot be listened on, and {port.wanted_by} wants it "
            f"({error.strerror}): set {port.variable} to another one."
        ) from error
