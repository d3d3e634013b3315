"""Test the span processor in special processes: under gevent, and after a fork."""

import subprocess
import sys
from pathlib import Path

import pytest

GEVENT = """
from gevent import monkey
monkey.patch_all()
import gevent
from nplusone.tests.live_service import Service

service = Service()

def serve(statements):
    with service.request(f"/{statements}"):
        for value in range(statements):
            service.query(value=value)
            gevent.sleep(0)

gevent.joinall([gevent.spawn(serve, n) for n in range(5, 15)], raise_error=True)
print(sorted(marks["repeats"] for marks in service.marks))
"""

# The lock is held by another thread while the process forks: in the child nobody lets go of it.
FORK = """
import os, threading
from nplusone.tests.live_service import Service
from otel_nplusone._live.requests import RunningRequests

requests = RunningRequests()
service = Service(requests)
held, done = threading.Event(), threading.Event()

def hold():
    with requests._lock:
        held.set()
        done.wait()

threading.Thread(target=hold).start()
held.wait()
child = os.fork()
if child == 0:
    with service.request():
        service.queries(5)
    print(service.marks[0]["repeats"], flush=True)
    os._exit(0)
_, status = os.waitpid(child, 0)
done.set()
raise SystemExit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.parametrize(
    ("program", "expected"),
    [(GEVENT, str(list(range(5, 15)))), (FORK, "5")],
    ids=["greenlets interleave", "a child of a fork begins anew"],
)
def test_counts_are_right_where(program: str, expected: str) -> None:
    root = Path(__file__).parents[3]

    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.stdout.strip() == expected, done.stderr
    assert done.returncode == 0
