"""Test that a terminal shows the replay live, and a pipe a line for each thing that happens."""

import io
from collections.abc import Callable

import pytest

from incident.console import Console
from incident.control.terminal import Terminal, spark
from incident.story import events as ev
from incident.story.journal import Journal
from tests.incident.story.plausible import events

Phase = Callable[..., ev.PhaseBegun]
Sample = Callable[..., ev.Sample]

ALERT = ev.Alert(at_s=4.0, name="TooSlow", firing=True, text="p95 is 13 s.")
FINDING = ev.Finding(
    at_s=5.0,
    phase="launch",
    took_s=1.2,
    route="GET /success-stories",
    statement="SELECT cat",
    repeats=490.0,
    share_of_time_percent=90.0,
    line="db.py:40 get_cat",
    loop="db.py:60 list_cats_seen_at",
    advice="Read all in one statement.",
    trace_id="a" * 32,
)


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def text(stream: object) -> str:
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


@pytest.fixture
def pipe() -> Console:
    return Console(io.StringIO(), io.StringIO(), {})


@pytest.fixture
def tty() -> Console:
    return Console(io.StringIO(), Tty(), {"TERM": "xterm"})


def test_a_pipe_gets_a_line_for_each_thing_that_happens_and_none_twice(
    pipe: Console, journal: Journal, phase: Phase, sample: Sample
) -> None:
    with Terminal(pipe, journal) as terminal:
        journal.write(phase())
        terminal.refresh()
        journal.write(sample(2.0))
        journal.write(ALERT)
        terminal.refresh()
        terminal.refresh()
        journal.write(FINDING)
        journal.write(ev.Switch(at_s=6.0, what="strategy", before="naive", now="core"))

    said = [line.split("] ", 1)[1] for line in text(pipe.err).splitlines()]
    assert said == [
        "Launch: Everybody gets the page.",
        "Alert TooSlow fires: p95 is 13 s.",
        "Found in 1.2 s: 490 times SELECT cat in GET /success-stories, from db.py:40 get_cat, "
        "in a loop of db.py:60 list_cats_seen_at. Read all in one statement.",
        "strategy: naive → core",
    ]
    assert text(pipe.out) == ""


def test_a_line_that_belongs_before_others_is_told_all_the_same(
    pipe: Console, journal: Journal, phase: Phase
) -> None:
    with Terminal(pipe, journal) as terminal:
        journal.write(phase(at_s=5.0))
        terminal.refresh()
        journal.write(ev.Note(at_s=3.0, text="seen late"))

    assert [line.split("] ", 1)[1] for line in text(pipe.err).splitlines()] == [
        "Launch: Everybody gets the page.",
        "seen late",
    ]


def test_a_phase_is_summed_up_before_the_next_one_is_told(pipe: Console, journal: Journal) -> None:
    with Terminal(pipe, journal):
        for event in events():
            journal.write(event)

    said = [line.split("] ", 1)[1].split(":")[0] for line in text(pipe.err).splitlines()]
    assert said.index("QA") < said.index("qa") < said.index("Canary")
    assert said.index("fix") < said.index("Proof") < said.index("proof")


def test_a_terminal_shows_phase_figures_alert_and_finding(
    tty: Console, journal: Journal, phase: Phase, sample: Sample
) -> None:
    with Terminal(tty, journal):
        journal.write(phase())
        journal.write(sample(2.0))
        journal.write(ALERT)
        journal.write(FINDING)

    shown = text(tty.err)
    for words in ("Launch, ", "strategy naive", "11,000", "72,000", "TooSlow fires", "get_cat"):
        assert words in shown


def test_lines_of_the_console_appear_above_the_figures(
    tty: Console, journal: Journal, phase: Phase
) -> None:
    own = tty.err
    with Terminal(tty, journal) as terminal:
        journal.write(phase())
        terminal.refresh()
        tty.step("A line.")
        terminal.refresh()

    assert tty.err is own
    assert "A line." in text(own)


def test_the_terminal_is_given_back_whatever_happens(tty: Console, journal: Journal) -> None:
    own = tty.err
    with pytest.raises(RuntimeError, match="stop"), Terminal(tty, journal):
        raise RuntimeError("stop")

    assert tty.err is own
    assert text(own).endswith("\x1b[?25h")  # the cursor is seen again


@pytest.mark.parametrize(
    ("values", "drawn"),
    [([0, 5, 10], "▁▅█"), ([None, 10], " █"), ([0, 0], "▁▁"), ([], ""), ([None], " ")],
)
def test_a_curve_has_a_block_for_each_value(values: list[float | None], drawn: str) -> None:
    assert spark(values) == drawn
