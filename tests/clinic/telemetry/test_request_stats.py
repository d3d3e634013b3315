"""Test what a request says of itself, with a clock that advances a millisecond at each look."""

import re
from itertools import count
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient

from clinic.telemetry import request_stats


@pytest.mark.parametrize("strategy", ["naive", "core"])
def test_server_timing_tells_the_time_of_every_statement(
    strategy: str, client: FlaskClient, clinic_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = count(step=1_000_000)
    clock = SimpleNamespace(perf_counter_ns=lambda: next(ticks))
    monkeypatch.setattr(request_stats, "time", clock)
    query = {"clinic": clinic_name, "strategy": strategy}

    timing = client.get("/success-stories", query_string=query).headers["Server-Timing"]

    found = re.search(r'db;dur=([0-9.]+);desc="([0-9]+) statements"', timing)
    assert found is not None
    statements = int(found[2])
    assert statements > 0
    assert float(found[1]) == statements
