import os
import signal
from collections.abc import Iterator

import pytest

from harness.errors import Interrupted
from harness.interrupts import Interrupts


@pytest.fixture(autouse=True)
def not_under_nohup() -> Iterator[None]:
    """Reset SIGHUP as a terminal has it: tests that are run under nohup inherit it ignored."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(
    ("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_the_next_pause(number: int, exit_code: int) -> None:
    with Interrupts() as interrupts:
        os.kill(os.getpid(), number)

        with pytest.raises(Interrupted) as caught:
            interrupts.pause(600)

    assert caught.value.exit_code == exit_code


def test_a_second_signal_makes_impatient() -> None:
    with Interrupts() as interrupts:
        os.kill(os.getpid(), signal.SIGINT)
        once = interrupts.impatient
        os.kill(os.getpid(), signal.SIGINT)

        assert (once, interrupts.impatient) == (False, True)


def test_the_handlers_from_before_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)

    with Interrupts():
        pass

    assert signal.getsignal(signal.SIGTERM) == before


def test_a_pause_without_a_signal_just_ends() -> None:
    with Interrupts() as interrupts:
        interrupts.pause(0.01)
