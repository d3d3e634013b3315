"""Test that what people ask reaches the engine once, in order, and only if it is offered."""

import pytest

from incident.control.desk import (
    MOST_WAITING,
    Desk,
    NextPhase,
    NotOffered,
    SetAudience,
    SetLoad,
    SetStrategy,
)


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.offer(strategies=["naive", "core"], can={"strategy", "audience", "load"})
    return desk


def test_commands_are_taken_in_their_order(desk: Desk) -> None:
    desk.ask(SetStrategy("core"))
    desk.ask(SetAudience(5))

    assert [desk.take(), desk.take(), desk.take()] == [SetStrategy("core"), SetAudience(5), None]


def test_what_is_not_offered_is_refused(desk: Desk) -> None:
    with pytest.raises(NotOffered, match="next phase cannot be changed now"):
        desk.ask(NextPhase())
    with pytest.raises(NotOffered, match="'fast' is not known: choose one of naive, core"):
        desk.ask(SetStrategy("fast"))

    assert desk.take() is None


def test_a_button_that_is_pressed_twice_asks_once(desk: Desk) -> None:
    desk.ask(SetLoad(3))
    desk.ask(SetLoad(3))

    assert desk.state().waiting == (SetLoad(3),)


def test_what_waits_is_bounded(desk: Desk) -> None:
    for rate in range(MOST_WAITING):
        desk.ask(SetLoad(rate))

    with pytest.raises(NotOffered, match="wait already"):
        desk.ask(SetLoad(99))


def test_what_is_not_offered_any_more_is_dropped(desk: Desk) -> None:
    desk.ask(SetStrategy("core"))
    desk.ask(SetLoad(9))

    desk.offer(strategies=["naive", "core"], can={"load"})

    assert desk.state().waiting == (SetLoad(9),)


def test_a_command_waits_until_it_is_told_how_it_went(desk: Desk) -> None:
    desk.ask(SetStrategy("core"))
    command = desk.take()
    assert command is not None
    waiting = desk.state().waiting

    desk.told(command, "The flags cannot be written.")

    assert waiting == (SetStrategy("core"),)
    assert desk.state().waiting == ()
    assert desk.state().refused == "The flags cannot be written."


def test_the_next_command_takes_the_refusal_away(desk: Desk) -> None:
    desk.told(NextPhase(), "No next phase.")

    desk.ask(SetLoad(3))

    assert desk.state().refused == ""


def test_an_engine_that_offers_what_nothing_can_do_is_told(desk: Desk) -> None:
    with pytest.raises(ValueError, match="coffee"):
        desk.offer(can={"coffee"})
