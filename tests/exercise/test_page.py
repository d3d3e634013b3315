import re
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from exercise import answers
from exercise.page.server import create_app
from exercise.places import Folder
from tests.exercise.solutions import diagnosis

PORT = 18088
LINKS = {"exercise": f"http://127.0.0.1:{PORT}", "traces": "http://127.0.0.1:16686"}


class Visitor(FlaskClient):
    """Ask under the page's own name."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        return super().open(*args, **({"base_url": LINKS["exercise"]} | kwargs))


@pytest.fixture
def set_up(folder: Folder) -> Folder:
    folder.begin(2, "")
    folder.lay_out_answer()
    return folder


@pytest.fixture
def client(set_up: Folder) -> FlaskClient:
    app = create_app(PORT, set_up, LINKS)
    app.test_client_class = Visitor
    return app.test_client()


def token(client: FlaskClient) -> str:
    found = re.search(r'name="token" value="([^"]+)"', client.get("/").text)
    assert found is not None
    return found[1]


def test_the_page_tells_the_situation_and_no_solution(client: FlaskClient, set_up: Folder) -> None:
    lesson = set_up.state().drawn.lesson

    page = unescape(client.get("/").text)

    assert lesson.pager in page
    assert LINKS["traces"] in page
    assert not any(text in page for text in (lesson.title, lesson.name, *lesson.hints))


def test_a_hint_is_shown_and_costs_points(client: FlaskClient, set_up: Folder) -> None:
    answer = client.post("/hint", data={"token": token(client)})

    assert answer.status_code == 303
    assert set_up.state().hints == 1
    assert set_up.state().drawn.lesson.hints[0] in unescape(client.get("/").text)
    assert "Another hint, for 10 points" in client.get("/").text


def test_the_form_keeps_the_answer(client: FlaskClient, set_up: Folder) -> None:
    said = {"route": " /a ", "statement": "SELECT\n  1", "line": "f.py:3", "token": token(client)}

    answer = client.post("/answer", data=said)

    assert answer.status_code == 303
    found = answers.read(set_up.answer)
    assert (found.route, found.statement, found.line) == ("/a", "SELECT 1", "f.py:3")
    assert 'value="f.py:3"' in client.get("/").text


def test_the_grade_is_shown(client: FlaskClient, set_up: Folder) -> None:
    set_up.answer.write_text(diagnosis("heron"), encoding="utf-8")

    answer = client.post("/check", data={"token": token(client)}, follow_redirects=True)

    assert "<strong>Not passed yet</strong>, 40 of 100 points" in answer.text
    assert "The answer repairs nothing yet." in answer.text


def test_an_answer_that_cannot_be_read_is_said_on_the_page(
    client: FlaskClient, set_up: Folder
) -> None:
    set_up.answer.write_text("def broken(:\n", encoding="utf-8")

    answer = client.post("/check", data={"token": token(client)})

    assert answer.status_code == 409
    assert "answer.py:1: invalid syntax." in answer.text


def test_a_form_of_another_page_is_refused(client: FlaskClient, set_up: Folder) -> None:
    for path in ("/hint", "/answer", "/check"):
        assert client.post(path, data={"token": "another"}).status_code == 403
        sent = {"token": token(client)}
        answer = client.post(path, data=sent, headers={"Origin": "http://evil.example"})
        assert answer.status_code == 403

    assert set_up.state().hints == 0


def test_an_unknown_address_is_not_found(client: FlaskClient) -> None:
    assert client.get("/nothing").status_code == 404
