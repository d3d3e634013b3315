"""Serve the control page over a journal that a test writes."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape
from werkzeug.test import TestResponse

from harness.ports import Port
from incident.control.desk import CAN, Desk
from incident.control.server import Page, control_page, create_app, names
from incident.story import events as ev
from incident.story.journal import Journal
from incident.story.story import Story

PORT = 8088
HOST = f"127.0.0.1:{PORT}"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "replay") as journal:
        yield journal


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.offer(strategies=["naive", "core"], can=CAN)
    return desk


class Client(FlaskClient):
    """Ask as a browser of this machine does."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request."""
        return super().open(*args, **({"base_url": f"http://{HOST}"} | kwargs))


def draw(story: Story) -> dict[str, str]:
    """Draw the phase and the figures, each in a part of its own."""
    phase = story.phases[-1].begun.text if story.phases else ""
    rate = f"{story.samples[-1].requests_per_second:g}" if story.samples else ""
    return {"phase": escape(phase), "figures": f"<p>{rate} requests/s</p>"}


@pytest.fixture
def app(journal: Journal, desk: Desk) -> Flask:
    app = create_app(journal, desk, Page(hosts=names(PORT), draw=draw))
    app.test_client_class = Client
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def address(journal: Journal, desk: Desk, free_port: int) -> Iterator[str]:
    """Serve the page on a free port."""
    port = Port(free_port, "the control page", "CONTROL_PORT")
    with control_page(port, journal, desk, draw=draw) as url:
        yield url


@pytest.fixture
def begun() -> ev.Begun:
    return ev.Begun(
        at_s=0.0,
        unix_s=1_800_000_000.0,
        command="incident replay",
        target="embedded",
        dataset="demo",
        seed=20,
        before="naive",
        fix="core",
        visitors_per_second=3.0,
        loop="open",
        phases=["qa", "launch"],
        links={"clinic": "http://127.0.0.1:8000", "traces": "http://127.0.0.1:16686"},
        versions={},
        machine={},
    )


@pytest.fixture
def phase() -> Callable[..., ev.PhaseBegun]:
    def make(name: str = "launch", at_s: float = 1.0, **other: Any) -> ev.PhaseBegun:
        values: dict[str, Any] = {
            "title": name.capitalize(),
            "text": "Everybody gets the page.",
            "to_see": "The plateau.",
            "strategy": "naive",
            "audience_percent": 100.0,
            "workers": 1,
            "dataset": "demo",
        }
        return ev.PhaseBegun(at_s=at_s, name=name, **(values | other))

    return make


@pytest.fixture
def sample() -> Callable[..., ev.Sample]:
    def make(at_s: float, **other: Any) -> ev.Sample:
        values: dict[str, Any] = {
            "phase": "launch",
            "requests_per_second": 2.4,
            "p50_ms": 11_000.0,
            "p95_ms": 13_000.0,
            "healthz_ms": None,
            "statements_per_request": 500.0,
            "sql_per_minute": 72_000.0,
            "service_cpu_percent_of_core": 101.0,
            "machine_cpu_percent": 61.0,
            "waiting": 30,
            "gave_up": 0,
            "failures": 0,
        }
        return ev.Sample(at_s=at_s, **(values | other))

    return make
