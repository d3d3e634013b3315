"""Run two services that talk by HTTP: a shop asks for users, each of which is one statement."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import requests
from flask import Flask, Response, jsonify, request
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor
from werkzeug.serving import make_server

from nplusone.tests.corpus.recording import Recorder


def main() -> None:
    """Record all cases of this program, with the old semantic conventions."""
    recorder = Recorder("shop")
    users = recorder.provider_of("users")
    app = users_app()
    FlaskInstrumentor().instrument_app(  # type: ignore[no-untyped-call]  # it is untyped
        app, tracer_provider=users
    )
    SQLite3Instrumentor().instrument(tracer_provider=users)
    RequestsInstrumentor().instrument(tracer_provider=recorder.provider)
    with serving(app) as url:
        _faults(recorder, url)
        _near_misses(recorder, url)


def users_app() -> Flask:
    """Serve users, which are rows of SQLite."""
    app = Flask(__name__)
    failures = {"left": 0}

    def rows(sql: str, *values: object) -> list[Any]:
        connection = sqlite3.connect(":memory:")
        try:
            return connection.cursor().execute(sql, values).fetchall()
        finally:
            connection.close()

    @app.get("/users/<int:number>")
    def user(number: int) -> Response:
        return jsonify(rows("SELECT name FROM (SELECT 'user' AS name) WHERE ? > 0", number))

    @app.get("/users")
    def users() -> Response:
        return jsonify(request.args.getlist("id"))

    @app.post("/messages")
    def message() -> Response:
        return jsonify("sent")

    @app.get("/settings")
    def settings() -> Response:
        return jsonify({"currency": "EUR"})

    @app.get("/busy")
    def busy() -> tuple[Response, int]:
        failures["left"] += 1
        return jsonify("busy"), 200 if failures["left"] % 7 == 0 else 503

    return app


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an application in a thread, and give its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def _faults(recorder: Recorder, url: str) -> None:
    with recorder.request("http_user_each", "/orders"):
        for number in range(1, 16):
            requests.get(f"{url}/users/{number}", timeout=10)
    with recorder.request("http_same", "/orders"):
        for _ in range(8):
            requests.get(f"{url}/settings", timeout=10)
    with recorder.request("http_post_each", "/orders"):
        for number in range(8):
            requests.post(f"{url}/messages", json={"to": number}, timeout=10)
    with recorder.request("http_filter_each", "/orders"):
        for number in range(8):
            requests.get(f"{url}/users", params={"id": number}, timeout=10)


def _near_misses(recorder: Recorder, url: str) -> None:
    with recorder.request("http_ids", "/orders"):
        requests.get(f"{url}/users", params={"id": list(range(15))}, timeout=10)
    with recorder.request("http_id_chunks", "/orders"):
        for start in range(0, 300, 50):
            ids = ",".join(str(number) for number in range(start, start + 50))
            requests.get(f"{url}/users?ids={ids}", timeout=10)
    with recorder.request("http_three", "/orders"):
        for number in range(1, 4):
            requests.get(f"{url}/users/{number}", timeout=10)
    with recorder.request("http_pages", "/orders"):
        for page in range(1, 8):
            requests.get(f"{url}/users", params={"page": page, "per_page": 100}, timeout=10)
    with recorder.request("http_retries", "/orders"):
        while requests.get(f"{url}/busy", timeout=10).status_code == 503:
            pass
    with recorder.request("http_poll", "/wait"):
        for _ in range(6):
            requests.get(f"{url}/settings", timeout=10)
            time.sleep(1)


if __name__ == "__main__":
    main()
