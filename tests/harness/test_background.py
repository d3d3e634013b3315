import time
from http.server import BaseHTTPRequestHandler, HTTPServer

from harness.background import Repeating, serving
from harness.ports import is_taken
from harness.waiting import wait_until


class Counting(Repeating):
    """Count its turns."""

    def __init__(self) -> None:
        super().__init__(0.01)
        self.turns = 0

    def turn(self) -> None:
        self.turns += 1


def test_turns_are_taken_again_and_again_and_none_once_the_block_has_ended() -> None:
    with Counting() as counting:
        wait_until(lambda: counting.turns >= 3, what="three turns", deadline_s=30)

    taken = counting.turns
    time.sleep(0.05)
    assert counting.turns == taken


def test_a_server_listens_until_the_block_ends() -> None:
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)

    with serving(server):
        assert is_taken(server.server_port)

    assert not is_taken(server.server_port)
