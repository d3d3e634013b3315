import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from harness.errors import PortTaken
from harness.ports import Port, require_free, unused_ports

NAMES = (
    ("the clinic", "CLINIC_PORT"),
    ("the trace UI", "TRACE_UI_PORT"),
    ("the OTLP receiver", "OTLP_HTTP_PORT"),
)


@pytest.fixture
def listen() -> Iterator[Callable[[str], int]]:
    """Listen on a port of an address until the test ends."""
    with ExitStack() as open_sockets:

        def start(address: str) -> int:
            listener = open_sockets.enter_context(socket.socket())
            listener.bind((address, 0))
            listener.listen()
            return int(listener.getsockname()[1])

        yield start


def ports(*numbers: int) -> list[Port]:
    return [Port(number, *names) for number, names in zip(numbers, NAMES, strict=False)]


def test_unused_ports_are_different_and_free() -> None:
    numbers = unused_ports(3)

    require_free(ports(*numbers))
    assert len(set(numbers)) == 3


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_taken_port_is_named_with_who_wants_it_and_what_moves_it(
    listen: Callable[[str], int], address: str
) -> None:
    taken = listen(address)

    with pytest.raises(PortTaken) as caught:
        require_free(ports(taken))

    assert f"Port {taken} on 127.0.0.1 is taken, and the clinic wants it" in str(caught.value)
    assert "CLINIC_PORT" in str(caught.value)


def test_several_taken_ports_are_one_sentence_that_thinks_of_compose(
    listen: Callable[[str], int],
) -> None:
    taken = [listen("127.0.0.1") for _ in NAMES]

    with pytest.raises(PortTaken) as caught:
        require_free(ports(*taken))

    said = str(caught.value)
    assert said.count(".\n") == 0
    assert "docker compose down" in said
    for number, (wanted_by, variable) in zip(taken, NAMES, strict=True):
        assert f"{wanted_by} ({number})" in said
        assert variable in said


def test_one_port_for_two_parts_is_an_error(free_port: int) -> None:

    with pytest.raises(PortTaken, match="cannot be the same port: set TRACE_UI_PORT"):
        require_free(ports(free_port, free_port))
