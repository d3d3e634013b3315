import io

import pytest

from incident.console import Console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal() -> Console:
    return Console(Terminal(), Terminal(), {"TERM": "xterm"})


def said(stream: object) -> str:
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


def test_results_and_progress_go_to_streams_of_their_own() -> None:
    console = Console(io.StringIO(), io.StringIO(), {})

    console.step("Seeding.")
    console.result("figures")

    assert said(console.out) == "figures\n"
    assert said(console.err).endswith(" s] Seeding.\n")


def test_a_terminal_sees_the_live_line_until_the_next_step(terminal: Console) -> None:
    terminal.status("naive: 3 requests")
    terminal.step("Switched.")

    live, blank, step = said(terminal.err).split("\r")[1:]
    assert live.endswith("naive: 3 requests")
    assert blank == " " * len(live)
    assert step.endswith("Switched.\n")


def test_a_live_line_leaves_out_what_a_narrow_terminal_has_no_room_for(
    terminal: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")

    terminal.status("naive: 3 of 30 wait", "p50 7.6 s", "100,260 SQL/min")

    assert said(terminal.err).endswith("s] naive: 3 of 30 wait, p50 7.6 s")


def test_without_a_terminal_there_is_no_live_line() -> None:
    console = Console(io.StringIO(), io.StringIO(), {})

    console.status("naive: 3 requests")

    assert said(console.err) == ""


def test_a_heading_is_bold_on_a_terminal(terminal: Console) -> None:
    assert terminal.bold("naive") == "\033[1mnaive\033[0m"


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_heading_is_plain_where_that_is_asked_for(environ: dict[str, str]) -> None:
    assert Console(Terminal(), Terminal(), environ).bold("naive") == "naive"


def test_a_heading_is_plain_in_a_file() -> None:
    assert Console(io.StringIO(), Terminal(), {}).bold("naive") == "naive"
