import socket
import time
from collections.abc import Iterator

import pytest

from harness.parts.start import Tracestore
from harness.waiting import wait_until
from incident.replay.measure import Window
from incident.replay.probe import HealthCheck, HealthProbe


@pytest.fixture
def silent() -> Iterator[str]:
    """Listen, as a service that takes connections and never answers; yield its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/healthz"


def test_the_health_check_is_asked_again_and_again(store: Tracestore) -> None:
    with HealthProbe(f"{store.ui}/healthz") as probe:
        wait_until(lambda: len(probe.checks) >= 2, what="two checks", deadline_s=30)

    first, second = probe.checks[:2]
    assert second.start_time_unix_nano > first.start_time_unix_nano
    assert first.response_ms > 0


def test_a_service_that_never_answers_is_a_check_as_long_as_its_timeout(silent: str) -> None:
    probe = HealthProbe(silent, timeout_s=0.2)

    probe.check()

    [check] = probe.checks
    assert check.response_ms >= 200


def test_the_next_check_does_not_wait_for_the_last_answer(silent: str) -> None:
    with HealthProbe(silent, timeout_s=3) as probe:
        wait_until(lambda: len(probe.checks) >= 2, what="two checks", deadline_s=30)

    first, second = probe.checks[:2]
    assert second.start_time_unix_nano < first.end_time_unix_nano


def test_a_check_without_an_answer_waits_until_it_has_one(silent: str) -> None:
    with HealthProbe(silent, timeout_s=1) as probe:
        wait_until(lambda: probe.waiting_ms(time.time_ns() + 10**9), what="a check", deadline_s=30)
        waiting = probe.waiting_ms(time.time_ns() + 10**9)
    wait_until(lambda: not probe.waiting_ms(0), what="the end of all checks", deadline_s=30)

    assert all(one >= 1000 for one in waiting)
    assert probe.checks


def test_a_service_that_is_away_gives_no_figure(free_port: int) -> None:
    probe = HealthProbe(f"http://127.0.0.1:{free_port}/healthz")

    probe.check()

    assert probe.checks == []


def test_a_check_that_outlasts_a_phase_is_not_in_it() -> None:
    window = Window(0, 1_000_000_000)

    assert window.holds(HealthCheck(500_000_000, 400))
    assert not window.holds(HealthCheck(500_000_000, 600))
