import pytest

from exercise import answers
from exercise.errors import ExerciseError
from exercise.places import Folder


@pytest.fixture
def laid_out(folder: Folder) -> Folder:
    folder.lay_out_answer()
    return folder


def test_a_new_answer_says_and_repairs_nothing(laid_out: Folder) -> None:
    found = answers.read(laid_out.answer)

    assert (found.route, found.statement, found.line) == ("", "", "")
    assert found.repairs_nothing


def test_an_answer_is_never_laid_out_over_another(laid_out: Folder) -> None:
    laid_out.answer.write_text("ROUTE = '/mine'\n", encoding="utf-8")

    assert not laid_out.lay_out_answer()
    assert answers.read(laid_out.answer).route == "/mine"


def test_an_answer_that_is_put_away_keeps_its_text(laid_out: Folder) -> None:
    laid_out.answer.write_text("ROUTE = '/mine'\n", encoding="utf-8")

    first = laid_out.put_answer_away()
    laid_out.lay_out_answer()
    second = laid_out.put_answer_away()

    assert first is not None
    assert second is not None
    assert first != second
    assert answers.read(first).route == "/mine"
    assert laid_out.put_answer_away() is None


def test_what_the_form_says_is_written_and_the_rest_stays(laid_out: Folder) -> None:
    repair = "\n\ndef read_cats(session, clinic_name):\n    return []\n"
    with laid_out.answer.open("a", encoding="utf-8") as file:
        file.write(repair)

    answers.write(laid_out.answer, "/a", "SELECT \"x\"\\ 'y'", "f.py:3")

    found = answers.read(laid_out.answer)
    assert (found.route, found.statement, found.line) == ("/a", "SELECT \"x\"\\ 'y'", "f.py:3")
    assert found.functions == ("read_cats",)
    assert laid_out.answer.read_text(encoding="utf-8").endswith(repair)


def test_a_line_of_several_is_replaced_as_a_whole(folder: Folder) -> None:
    folder.answer.write_text('STATEMENT = (\n    "a"\n    "b"\n)\nSTRATEGY = "s"\n')

    answers.write(folder.answer, "r", "c", "l")

    found = answers.read(folder.answer)
    assert (found.route, found.statement, found.line, found.strategy) == ("r", "c", "l", "s")


def test_nothing_of_an_answer_is_run_to_read_it(folder: Folder) -> None:
    folder.answer.write_text("ROUTE = '/x'\nraise SystemExit('run')\n", encoding="utf-8")

    assert answers.read(folder.answer).route == "/x"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def broken(:\n", ":1: invalid syntax"),
        ("ROUTE = 3\n", ":1: ROUTE has to be written as a str"),
        ("\nINDEXES = 'CREATE INDEX a ON b (c)'\n", ":2: INDEXES has to be written as a list"),
        ("SETTINGS = dict(a='b')\n", ":1: SETTINGS has to be written as a dict"),
        ("INDEXES = ['DROP TABLE cat']\n", "'DROP TABLE cat' in INDEXES is not one CREATE INDEX"),
        ("INDEXES = ['CREATE INDEX a ON b (c); DELETE FROM cat']\n", "is not one CREATE INDEX"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(text: str, says: str, folder: Folder) -> None:
    folder.answer.write_text(text, encoding="utf-8")

    with pytest.raises(ExerciseError, match=r".") as raised:
        answers.read(folder.answer)

    assert says in str(raised.value)


def test_a_missing_answer_says_what_makes_it(folder: Folder) -> None:
    with pytest.raises(ExerciseError, match="make exercise"):
        answers.read(folder.answer)
