"""Test that the page grows, hands on what is asked, and refuses what other pages send."""

import http.client
import json
import re
import socket
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from harness.errors import PortTaken
from harness.ports import Port, is_taken
from harness.waiting import wait_until
from incident.control.desk import CAN, Desk, NextPhase, SetAudience, SetLoad, SetStrategy
from incident.control.server import Page, control_page, create_app, names
from incident.story import events as ev
from incident.story.journal import Journal
from incident.story.render import style
from tests.incident.control.conftest import HOST, PORT, Client

Phase = Callable[..., ev.PhaseBegun]
Sample = Callable[..., ev.Sample]


def token(client: FlaskClient) -> str:
    found = re.search(r'name="token" value="([^"]+)"', client.get("/").text)
    assert found
    return found[1]


# --- the page -------------------------------------------------------------------------------


def test_the_page_shows_the_story_and_where_else_to_look(
    client: FlaskClient, journal: Journal, begun: ev.Begun, phase: Phase
) -> None:
    journal.write(begun)
    journal.write(phase())

    page = client.get("/").text

    assert "Everybody gets the page." in page
    assert 'href="http://127.0.0.1:8000"' in page


def test_a_link_that_is_not_to_a_web_page_is_left_out(
    client: FlaskClient, journal: Journal, begun: ev.Begun
) -> None:
    journal.write(replace(begun, links={"clinic": "javascript:alert(1)"}))

    assert "javascript:" not in client.get("/").text


def test_nothing_comes_from_elsewhere_and_nothing_inline_runs(client: FlaskClient) -> None:
    answer = client.get("/")

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert re.findall(r"<script(?![^>]* src=)|<style| style=| on[a-z]+=", answer.text) == []
    assert re.findall(r'(?:src|href)="(?!/|#)', answer.text) == []


def test_without_javascript_the_page_reloads_itself_until_the_end(
    client: FlaskClient, journal: Journal
) -> None:
    running = client.get("/").text
    journal.write(ev.Ended(at_s=3.0, exit_code=0))

    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in running
    assert "http-equiv" not in client.get("/").text


def test_only_phase_and_alert_are_read_aloud(
    client: FlaskClient, journal: Journal, phase: Phase, sample: Sample
) -> None:
    journal.write(phase())
    journal.write(sample(2.0))
    journal.write(ev.Alert(at_s=3.0, name="TooSlow", firing=True, text="p95 is 13 s."))

    page = client.get("/").text

    live = re.findall(r'<(\w+)[^>]* aria-live="polite">(.*?)</\1>', page)
    assert [text for _, text in live] == [
        "Launch: Everybody gets the page.",
        "Alert TooSlow fires. p95 is 13 s.",
    ]


def test_an_alert_that_fires_stands_above_the_buttons_until_it_is_over(
    client: FlaskClient, journal: Journal
) -> None:
    alert = ev.Alert(at_s=3.0, name="TooSlow", firing=True, text="p95 is 13 s.")
    journal.write(alert)
    firing = client.get("/").text
    journal.write(replace(alert, firing=False))

    assert firing.index("<strong>Alert:</strong> p95 is 13 s.") < firing.index("<form")
    assert "<strong>Alert:</strong>" not in client.get("/").text


def test_what_events_say_is_never_markup(
    client: FlaskClient, journal: Journal, desk: Desk, phase: Phase
) -> None:
    desk.offer(strategies=["<b>bold</b>"], can=CAN)
    journal.write(phase(title="<script>alert(1)</script>", text="<img src=x onerror=alert(2)>"))
    desk.told(NextPhase(), "<i>no</i>")

    page = client.get("/").text

    assert "<script>alert" not in page
    assert "<img" not in page
    assert "<b>bold" not in page
    assert "<i>no" not in page


def test_the_style_of_the_story_comes_from_its_renderer(client: FlaskClient) -> None:
    answer = client.get("/story.css")

    assert answer.mimetype == "text/css"
    assert answer.text == style()


def test_health_is_told(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok", "takes_replays": False}


def test_the_report_is_served_once_it_is_written(client: FlaskClient, journal: Journal) -> None:
    early = client.get("/report.html")
    (journal.folder / "report.html").write_text("<p>post-mortem</p>")
    (journal.folder / "report.json").write_text("{}")

    with client.get("/report.html") as page, client.get("/report.json") as document:
        assert page.get_data(as_text=True) == "<p>post-mortem</p>"
        assert "script" not in page.headers["Content-Security-Policy"]
        assert document.get_json() == {}
    assert early.status_code == 404
    assert "not written yet" in early.text
    assert 'href="/report.html"' in client.get("/").text


def test_no_other_file_of_the_folder_is_served(client: FlaskClient) -> None:
    assert client.get("/events.jsonl").status_code == 404
    assert client.get("/report.html/../events.jsonl").status_code == 404


# --- metrics --------------------------------------------------------------------------------


def test_prometheus_reads_phase_strategy_and_load(
    client: FlaskClient, journal: Journal, begun: ev.Begun, phase: Phase, sample: Sample
) -> None:
    journal.write(begun)
    journal.write(phase("qa", audience_percent=0.0))
    journal.write(phase("launch", at_s=2.0))
    journal.write(ev.Switch(at_s=3.0, what="strategy", before="naive", now="core"))
    journal.write(ev.Switch(at_s=3.0, what="audience", before="100 %", now="5 %"))
    journal.write(sample(4.0))

    answer = client.get("/metrics")

    lines = answer.text.splitlines()
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    assert 'incident_phase{phase="launch",title="Launch"} 1' in lines
    assert 'incident_strategy{strategy="core"} 1' in lines
    assert "incident_audience_ratio 0.05" in lines
    assert "incident_visitors_per_second 3" in lines
    assert "incident_latency_p50_seconds 11" in lines
    assert not [line for line in lines if line.startswith("incident_healthz_seconds")]


def test_no_phase_runs_once_the_replay_has_ended(
    client: FlaskClient, journal: Journal, phase: Phase
) -> None:
    journal.write(phase())
    journal.write(ev.Ended(at_s=9.0, exit_code=0))

    assert 'incident_phase{phase="launch",title="Launch"} 0' in client.get("/metrics").text


# --- buttons --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "fields", "command"),
    [
        ("strategy", {"name": "core"}, SetStrategy("core")),
        ("audience", {"percent": "0.5"}, SetAudience(0.5)),
        ("load", {"visitors_per_second": "12"}, SetLoad(12)),
        ("next", {}, NextPhase()),
    ],
)
def test_a_button_reaches_the_desk_and_the_page_comes_back(
    client: FlaskClient, desk: Desk, what: str, fields: dict[str, str], command: object
) -> None:
    answer = client.post(f"/ask/{what}", data={**fields, "token": token(client)})

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/#control-desk"
    assert desk.take() == command


def test_a_script_is_answered_with_json(client: FlaskClient, desk: Desk) -> None:
    answer = client.post(
        "/ask/audience",
        data={"percent": "5", "token": token(client)},
        headers={"Accept": "application/json"},
    )

    assert (answer.status_code, answer.get_json()) == (202, {"asked": "audience 5 %"})
    assert desk.take() == SetAudience(5)


@pytest.mark.parametrize(
    ("what", "fields", "status", "said"),
    [
        ("strategy", {"name": "fast"}, 409, "'fast' is not known"),
        ("strategy", {}, 409, "'' is not known"),
        ("audience", {"percent": "101"}, 400, "'101' is not a number from 0 to 100"),
        ("audience", {"percent": "nan"}, 400, "not a number"),
        ("audience", {}, 400, "not a number"),
        ("load", {"visitors_per_second": "-1"}, 400, "'-1' is not a number from 0 to 1000"),
        ("load", {"visitors_per_second": "inf"}, 400, "not a number"),
        ("coffee", {}, 400, "'coffee' is not a button"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(
    client: FlaskClient, desk: Desk, what: str, fields: dict[str, str], status: int, said: str
) -> None:
    form = {**fields, "token": token(client)}

    answer = client.post(f"/ask/{what}", data=form, headers={"Accept": "application/json"})

    assert answer.status_code == status
    assert said in answer.get_json()["error"]
    assert desk.take() is None


def test_what_was_refused_is_shown(client: FlaskClient, desk: Desk) -> None:
    desk.ask(SetStrategy("core"))
    command = desk.take()
    assert command is not None

    desk.told(command, "The flags cannot be written.")

    assert "Not done: The flags cannot be written." in client.get("/").text


def test_only_what_is_offered_has_a_button(client: FlaskClient, desk: Desk) -> None:
    desk.offer(strategies=["naive"], can={"strategy"})

    page = client.get("/").text

    assert re.findall(r'action="([^"]+)"', page) == ["/ask/strategy"]
    desk.offer()
    assert "<form" not in client.get("/").text


# --- what is refused ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"https://{HOST}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8089"},
    ],
)
def test_a_form_of_another_site_is_refused_even_with_the_token(
    client: FlaskClient, desk: Desk, headers: dict[str, str]
) -> None:
    answer = client.post("/ask/next", data={"token": token(client)}, headers=headers)

    assert answer.status_code == 403
    assert "Another site" in answer.text
    assert desk.take() is None


@pytest.mark.parametrize("form", [{}, {"token": ""}, {"token": "guessed"}, {"token": "é"}])
def test_a_form_without_the_token_is_refused(
    client: FlaskClient, desk: Desk, form: dict[str, str]
) -> None:
    answer = client.post("/ask/next", data=form, headers={"Origin": f"http://{HOST}"})

    assert answer.status_code == 403
    assert "reload the page" in answer.text
    assert desk.take() is None


def test_the_token_of_another_process_is_refused(
    client: FlaskClient, journal: Journal, desk: Desk
) -> None:
    other = create_app(journal, desk, Page(hosts=names(PORT)))
    other.test_client_class = Client

    answer = client.post("/ask/next", data={"token": token(other.test_client())})

    assert answer.status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1:8089", "127.0.0.1", ""]
)
@pytest.mark.parametrize("path", ["/", "/events", "/metrics", "/healthz", "/static/control.js"])
def test_another_name_that_leads_here_is_refused(client: FlaskClient, host: str, path: str) -> None:
    answer = client.get(path, headers={"Host": host})

    assert answer.status_code == 403
    assert f"open http://{HOST}/" in answer.text


def test_a_name_is_read_whatever_its_case(client: FlaskClient) -> None:
    assert client.get("/", headers={"Host": f"LocalHost:{PORT}"}).status_code == 200


def test_a_body_that_is_too_large_is_refused(client: FlaskClient, desk: Desk) -> None:
    form = {"token": token(client), "x": "x" * 10_000}

    assert client.post("/ask/next", data=form).status_code == 413
    assert desk.take() is None


# --- a server -------------------------------------------------------------------------------


class Stream:
    """Read the events of a page."""

    def __init__(self, address: str) -> None:
        host = address.removeprefix("http://")
        self.connection = http.client.HTTPConnection(host, timeout=20)
        self.connection.request("GET", "/events")
        self.answer = self.connection.getresponse()

    def next(self) -> tuple[str, dict[str, str]]:
        lines = []
        while line := self.answer.readline().decode().rstrip("\n"):
            lines.append(line)
        fields = dict(line.split(": ", 1) for line in lines)
        return fields.get("event", ""), json.loads(fields["data"]) if "data" in fields else fields

    def close(self) -> None:
        self.answer.close()
        self.connection.close()


def streaming() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if "process_request_thread" in one.name]


def test_a_stream_sends_all_and_then_what_has_changed(
    address: str, journal: Journal, phase: Phase, sample: Sample
) -> None:
    journal.write(phase())
    with closing(Stream(address)) as stream:
        hello, all_of_them = stream.next(), stream.next()
        journal.write(sample(2.0))
        name, changed = stream.next()

    assert stream.answer.headers["Content-Type"].startswith("text/event-stream")
    assert hello[0] == "hello"
    assert {"control-desk", "said-phase"} < set(all_of_them[1])
    assert name == "fragments"
    assert changed
    assert not {"control-desk", "said-phase", "said-alert", "control-links"} & set(changed)


def test_what_is_asked_is_seen_by_everybody_who_looks(address: str, desk: Desk) -> None:
    with closing(Stream(address)) as stream:
        stream.next(), stream.next()
        desk.ask(SetStrategy("core"))
        name, changed = stream.next()

    assert (name, list(changed)) == ("fragments", ["control-desk"])
    assert "Asked for: strategy core." in changed["control-desk"]


def test_a_burst_of_samples_is_one_event(
    address: str, journal: Journal, phase: Phase, sample: Sample
) -> None:
    journal.write(phase())
    with closing(Stream(address)) as stream:
        stream.next(), stream.next()
        for number in range(50):
            journal.write(sample(2.0 + number / 100, requests_per_second=float(number)))
        seen = [json.dumps(stream.next()[1])]
        while "49" not in seen[-1]:
            seen.append(json.dumps(stream.next()[1]))

    assert len(seen) <= 3


def test_a_browser_that_leaves_ends_its_thread(
    journal: Journal, desk: Desk, free_port: int
) -> None:
    port = Port(free_port, "the control page", "CONTROL_PORT")
    with control_page(port, journal, desk, heartbeat_s=0.1) as address:
        before = len(streaming())
        stream = Stream(address)
        stream.next()
        open_now = len(streaming())

        stream.close()
        wait_until(lambda: len(streaming()) == before, what="the end of it", deadline_s=20)

    assert open_now == before + 1


def test_streams_end_with_the_page(journal: Journal, desk: Desk, free_port: int) -> None:
    port = Port(free_port, "the control page", "CONTROL_PORT")
    with control_page(port, journal, desk) as address:
        stream = Stream(address)
        stream.next(), stream.next()

    with closing(stream):
        assert stream.answer.read() == b""
    wait_until(lambda: not streaming(), what="the end of its threads", deadline_s=10)
    assert not is_taken(free_port)


def test_a_browser_that_says_nothing_keeps_nobody_waiting(address: str) -> None:
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))), closing(Stream(address)) as stream:
        assert stream.next()[0] == "hello"


def test_a_taken_port_is_named_with_its_part_and_its_variable(journal: Journal, desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = Port(other.getsockname()[1], "the control page", "CONTROL_PORT")
        with (
            pytest.raises(PortTaken, match=rf"{port.number}.*the control page.*CONTROL_PORT"),
            control_page(port, journal, desk),
        ):
            pass
