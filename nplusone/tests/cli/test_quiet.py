"""Test that what nobody needs to hear is told last, left out, or acknowledged."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from nplusone.tests.formats import otlp_json
from nplusone.tests.traces import Drawing
from otel_nplusone.cli import main

CAT = "SELECT cat.name FROM cat WHERE cat.id = ?"
DOG = "SELECT dog.name FROM dog WHERE dog.id = ?"
TOMORROW = date.today() + timedelta(days=1)
ENTRY = f"""
[[acknowledged]]
route = "GET /c*"
statement = "SELECT * FROM cat WHERE *"
who = "ada"
why = "Six rows at most."
until = {TOMORROW}
"""

Scan = Callable[..., int]


@pytest.fixture
def scan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Scan:
    """Return what scans a request that loses 12 ms to cats and 0.3 ms of 5 s to dogs."""
    drawing = Drawing()
    request = drawing.server("/cats", ms=5_000)
    for number in range(6):
        drawing.sql(request, DOG, ms=0.05, nplusone__values_hash=f"{number}")
    for number in range(6):
        drawing.sql(request, CAT, ms=10, nplusone__values_hash=f"{number}")
    source = tmp_path / "traces.json"
    source.write_text(json.dumps(otlp_json(drawing.spans)))

    def run(*options: str, acknowledged: str = "") -> int:
        if acknowledged:
            (tmp_path / "acknowledged.toml").write_text(acknowledged)
            options = (*options, "--acknowledged", str(tmp_path / "acknowledged.toml"))
        return main(["scan", str(source), "--quiet", *options])

    return run


def test_what_costs_next_to_nothing_is_told_last_and_marked(
    scan: Scan, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scan("--format", "json") == 1

    cats, dogs = json.loads(capsys.readouterr().out)["findings"]
    assert (cats["statement"], cats["negligible"], cats["request_ms"]) == (CAT, False, 60.0)
    assert (dogs["statement"], dogs["negligible"], dogs["request_ms"]) == (DOG, True, 0.3)

    scan()
    assert "0.3 ms in all, 0% of the request's time, next to nothing of a request" in (
        capsys.readouterr().out
    )


def test_it_is_last_however_much_time_many_traces_make_of_it() -> None:
    from otel_nplusone._core.detect import find_n_plus_one
    from otel_nplusone._core.summary import Summarizer

    summarizer = Summarizer()
    for number in range(500):
        drawing = Drawing(trace_id=f"{number:032x}")
        request = drawing.server("/cats", ms=5_000)
        for value in range(6):
            drawing.sql(request, DOG, ms=0.05, nplusone__values_hash=f"{value}")
            if not number:
                drawing.sql(request, CAT, ms=10, nplusone__values_hash=f"{value}")
                drawing.span(request)
        summarizer.add(find_n_plus_one(drawing.trace()))

    found = summarizer.summaries()

    assert found[-1].is_negligible
    assert not found[0].is_negligible
    assert found[-1].total_ns > found[0].total_ns


@pytest.mark.parametrize("option", [("--min-time", "5ms"), ("--min-share", "1%")])
def test_thresholds_of_time_and_share_leave_it_out(
    option: tuple[str, str], scan: Scan, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scan("--format", "json", *option) == 1

    told = capsys.readouterr()
    assert [one["statement"] for one in json.loads(told.out)["findings"]] == [CAT]
    assert "1 take less than --min-time or --min-share" in told.err


def test_a_share_that_is_not_known_is_enough() -> None:
    from otel_nplusone._core.detect import find_n_plus_one
    from otel_nplusone._core.summary import Summarizer
    from otel_nplusone.scan import Wanted

    drawing = Drawing()
    for value in range(6):
        drawing.sql("00000000000000ff", CAT, nplusone__values_hash=f"{value}")
    summarizer = Summarizer()
    summarizer.add(find_n_plus_one(drawing.trace()))

    (found,) = summarizer.summaries()

    assert Wanted(min_share=0.5).summary(found)
    assert not found.is_negligible


@pytest.mark.parametrize("value", ["101%", "-1", "much"])
def test_a_share_that_is_none_is_refused(
    value: str, scan: Scan, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        scan(f"--min-share={value}")
    assert "say 2% or 0.02" in capsys.readouterr().err


def test_what_is_acknowledged_is_left_out(scan: Scan, capsys: pytest.CaptureFixture[str]) -> None:
    assert scan("--format", "json", "--min-time", "5ms", acknowledged=ENTRY) == 0

    told = capsys.readouterr()
    assert json.loads(told.out)["findings"] == []
    assert "1 acknowledged in" in told.err


@pytest.mark.parametrize(
    "what",
    [
        'class = "n_plus_one"',
        'service = "clin*"',
        'route = "/cats"',
        'statement = "* WHERE cat.id = ?"',
        'class = "n_*"\nroute = "GET *"\nservice = "clinic"',
    ],
)
def test_any_of_these_says_what_is_meant(what: str, scan: Scan) -> None:
    entry = f'[[acknowledged]]\n{what}\nwho = "ada"\nwhy = "Few."\nuntil = {TOMORROW}'

    assert scan("--min-time", "5ms", acknowledged=entry) == 0


def test_all_of_what_is_said_has_to_match(scan: Scan) -> None:
    entry = ENTRY.replace("GET /c*", "GET /d*")

    assert scan("--min-time", "5ms", acknowledged=entry) == 1


def test_an_entry_that_matches_nothing_any_more_is_told_in_the_report(
    scan: Scan, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scan("--format", "json", acknowledged=ENTRY.replace("FROM cat", "FROM cow")) == 1

    (warning,) = json.loads(capsys.readouterr().out)["warnings"]
    assert warning.startswith("matches nothing any more, and can go: route 'GET /c*'")


def test_an_entry_of_what_the_scan_left_out_is_not_told(
    scan: Scan, capsys: pytest.CaptureFixture[str]
) -> None:
    scan("--format", "json", "--route", "GET /cats", acknowledged=ENTRY.replace("/c*", "/reports"))

    assert json.loads(capsys.readouterr().out)["warnings"] == []


def test_an_entry_whose_time_is_over_hides_nothing_and_is_told(
    scan: Scan, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scan("--format", "json", acknowledged=ENTRY.replace(str(TOMORROW), "2026-01-31")) == 1

    told = json.loads(capsys.readouterr().out)
    assert len(told["findings"]) == 2
    assert told["warnings"][0].startswith("its time is over: route 'GET /c*'")
    assert "ada until 2026-01-31: Six rows at most." in told["warnings"][0]


def test_an_old_entry_does_not_make_a_strict_scan_fail(scan: Scan) -> None:
    gone = ENTRY.replace("FROM cat", "FROM cow")

    code = scan("--strict", "--fail-on", "none", acknowledged=gone)

    assert code == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (ENTRY.replace('who = "ada"', ""), "entry 1: say who"),
        (ENTRY.replace('why = "Six rows at most."', 'why = ""'), "entry 1: say why"),
        (ENTRY.replace(f"until = {TOMORROW}", ""), "entry 1: say until"),
        (ENTRY.replace(f"until = {TOMORROW}", 'until = "soon"'), "expected a date, 2027-03-31"),
        (ENTRY.replace("route", "path"), "'path': expected class, service, route"),
        (ENTRY + ENTRY.replace('route = "GET /c*"', "route = 7"), "entry 2: route = 7"),
        (
            f'[[acknowledged]]\nwho = "a"\nwhy = "b"\nuntil = {TOMORROW}',
            "say what is meant, by one of class, service, route",
        ),
        ("[[known]]", "'known': expected [[acknowledged]] alone"),
        ("acknowledged = 7", "expected [[acknowledged]] alone"),
        ("acknowledged = [7]", "entry 1: expected a table"),
        ("who =", "no TOML"),
    ],
)
def test_what_is_wrong_with_the_file_is_said_with_its_place(
    text: str, says: str, scan: Scan, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scan(acknowledged=text) == 2
    assert says in capsys.readouterr().err


def test_a_file_that_is_not_there_is_told(scan: Scan, capsys: pytest.CaptureFixture[str]) -> None:
    assert scan("--acknowledged", "/nowhere.toml") == 2
    assert "cannot be read: No such file" in capsys.readouterr().err
