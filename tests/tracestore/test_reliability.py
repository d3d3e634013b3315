"""Test what is left after a kill, at the limit, and with wrong clocks."""

import signal
import threading
from itertools import count

from flask.testing import FlaskClient

from harness.clients.otlp import send_spans
from harness.processes import Processes
from harness.waiting import wait_until
from tests.tracestore.conftest import Write
from tests.tracestore.samples import START, TRACE, naive_trace, request, span
from tests.tracestore.serving import Start, stop
from tracestore.store import reader
from tracestore.store.database import Store

HOUR_MS = 3_600_000


def test_a_kill_while_spans_come_in_loses_none_that_were_acknowledged(
    start: Start, processes: Processes
) -> None:
    server = start()
    acknowledged: list[bytes] = []

    def send() -> None:
        for number in count(1):
            trace_id = number.to_bytes(16, "big")
            body = request(naive_trace(trace_id, veterinarians=2)).SerializeToString()
            try:
                send_spans(server.otlp, body)
            except OSError:
                return
            acknowledged.append(trace_id)

    senders = threading.Thread(target=send)
    senders.start()
    wait_until(lambda: len(acknowledged) >= 20, what="20 acknowledged requests", deadline_s=60)
    stop(server, signal.SIGKILL)
    processes.stop(server.child)
    senders.join()

    again = start()

    lost = [trace for trace in acknowledged if len(again.spans_of(trace.hex())) != 106]
    assert lost == []


def test_disk_use_stays_bounded_once_the_limit_is_reached(store: Store, write: Write) -> None:
    """Fill the store, which holds 10,000 spans: it uses freed pages again."""

    def fill(numbers: range) -> int:
        for number in numbers:
            traces = naive_trace(number.to_bytes(16, "big"), veterinarians=10)
            write(request([*traces]))
        return store.path.stat().st_size

    full = fill(range(1, 41))

    later = fill(range(41, 161))

    assert reader.stored_span_count(store) <= 10_000
    assert later < 1.2 * full


def test_wrong_clocks_are_stored_found_and_shown(client: FlaskClient, write: Write) -> None:
    ages = {1: 0, 2: START, 3: 2**63 - 2, 4: 2**64 - 2}
    for number, start_nano in ages.items():
        odd = span(1, trace_id=bytes([number]) * 16)
        odd.start_time_unix_nano, odd.end_time_unix_nano = start_nano, start_nano + 1
        write(request([odd]))

    pages = [client.get(f"/trace/{bytes([number]).hex() * 16}") for number in ages]

    assert [page.status_code for page in pages] == [200] * 4
    assert client.get("/search").text.count("data-compare>") == 4
    assert client.get("/search?lookback=1h&sort=newest").status_code == 200


def test_a_clock_that_jumps_within_a_trace_keeps_it_in_one_piece(
    client: FlaskClient, write: Write
) -> None:
    write(request([span(1, ms=5)]))
    write(request([span(2, parent=1, start_ms=-HOUR_MS, statement="SELECT 1")]))
    write(request([span(3, parent=1, start_ms=HOUR_MS, statement="SELECT 1")]))

    trace = client.get(f"/api/traces/{TRACE.hex()}").get_json()["data"][0]

    assert len(trace["spans"]) == 3
    assert client.get(f"/trace/{TRACE.hex()}").status_code == 200
