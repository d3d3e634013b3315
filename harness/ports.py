"""Find free ports, and say of a taken one which part wants it and what moves it."""

import socket
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from harness.errors import PortTaken

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Port:
    """Name a port on 127.0.0.1, who wants it, and the environment variable that moves it."""

    number: int
    wanted_by: str
    variable: str

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.number}"


def require_free(ports: Sequence[Port]) -> None:
    """Raise PortTaken, in one sentence, if any of the ports is taken or asked for twice."""
    numbers = [port.number for port in ports]
    if twice := [port for port in ports if numbers.count(port.number) > 1]:
        raise PortTaken(
            f"{_listed(twice)} cannot be the same port: set {twice[-1].variable} to another one."
        )
    taken = [port for port in ports if is_taken(port.number)]
    if len(taken) == 1:
        [port] = taken
        raise PortTaken(
            f"Port {port.number} on {LOOPBACK} is taken, and {port.wanted_by} wants it: "
            f"stop what listens there, or set {port.variable} to a free port."
        )
    if taken:
        raise PortTaken(
            f"The ports of {_listed(taken)} on {LOOPBACK} are taken, perhaps by the compose stack "
            "or another `make demo`: stop it (`docker compose down`), or set "
            f"{_and([port.variable for port in taken])} to free ports."
        )


def unused_port() -> int:
    """Return a port that is free now."""
    [number] = unused_ports(1)
    return number


def unused_ports(count: int) -> list[int]:
    """Return different ports that are free now."""
    with ExitStack() as open_sockets:
        listeners = [open_sockets.enter_context(socket.socket()) for _ in range(count)]
        for listener in listeners:
            listener.bind((LOOPBACK, 0))
        return [int(listener.getsockname()[1]) for listener in listeners]


def is_taken(number: int) -> bool:
    """Return whether something listens on the port, or nothing can."""
    # On macOS a bind to one address succeeds next to a listener on all of them: ask both ways.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as caller:
        caller.settimeout(1)
        if caller.connect_ex((LOOPBACK, number)) == 0:
            return True
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        # Without it a port counts as taken for a minute after its last connection.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, number))
        except OSError:
            return True
    return False


def _listed(ports: Sequence[Port]) -> str:
    return _and([f"{port.wanted_by} ({port.number})" for port in ports])


def _and(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
