"""Test the way from a line to the loop: found in a program, told in every format."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from nplusone.tests.live_service import Service
from nplusone.tests.shop import Book, make_shop
from nplusone.tests.traces import Drawing
from otel_nplusone._core.detect import find_n_plus_one
from otel_nplusone._core.model import Repeats
from otel_nplusone._core.summary import Summarizer
from otel_nplusone._live.callsite import find_caller
from otel_nplusone._live.loops import is_in_loop
from otel_nplusone._report import json_document, markdown, sarif, text
from otel_nplusone.scan import Result
from otel_nplusone.sqlalchemy import instrument

SELECT = "SELECT cat.name FROM cat WHERE cat.id = ?"
GET_CAT = "clinic/db.py:41 get_cat"
LOOP = "clinic/stories.py:63 list_cats_seen_at"
OTHER = "clinic/owners.py:7 list_cats_of"


class Probe:
    """Keep the way of each call; its own frames are not places of the application."""

    def __init__(self) -> None:
        self.ways: list[str] = []
        namespace: dict[str, Any] = {"find": find_caller, "ways": self.ways}
        exec("def run(*_): ways.append(find(with_way=True).way)", namespace)
        self.run: Callable[..., None] = namespace["run"]

    @property
    def names(self) -> set[str]:
        """Return the functions of each way, from the inside out."""
        return {" ← ".join(step.split(" ")[1] for step in way.split(" ← ")) for way in self.ways}


@pytest.fixture
def probe() -> Probe:
    return Probe()


def test_way_leads_through_a_helper_to_the_loop(probe: Probe) -> None:
    def get_cat(number: int) -> None:
        probe.run(number)

    def list_cats() -> None:
        for number in range(3):
            get_cat(number)

    list_cats()

    prefix = "test_way_leads_through_a_helper_to_the_loop."
    assert probe.names == {f"{prefix}get_cat ← {prefix}list_cats"}
    assert re.match(rf"{re.escape(__file__)}:\d+ ", probe.ways[0])


def test_way_leads_to_the_loop_around_a_property(probe: Probe) -> None:
    class Submission:
        @property
        def account(self) -> object:
            return probe.run()

    def page() -> list[object]:
        return [one.account for one in [Submission()] * 3]

    page()

    prefix = "test_way_leads_to_the_loop_around_a_property."
    assert probe.names == {f"{prefix}Submission.account ← {prefix}page"}


def test_way_leads_past_a_retry_which_only_an_error_repeats(probe: Probe) -> None:
    def execute() -> None:
        while True:
            try:
                return probe.run()
            except ConnectionError:
                continue

    def page() -> None:
        for _ in range(3):
            execute()

    page()

    prefix = "test_way_leads_past_a_retry_which_only_an_error_repeats."
    assert probe.names == {f"{prefix}execute ← {prefix}page"}


def test_way_leads_to_the_outermost_loop(probe: Probe) -> None:
    """Hold that, of two loops that repeat it, all repeats share the outer one's function."""

    def of_team(team: int) -> None:
        for member in range(team):
            probe.run(member)

    def all_teams() -> None:
        for team in (2, 2):
            of_team(team)

    all_teams()

    prefix = "test_way_leads_to_the_outermost_loop."
    assert probe.names == {f"{prefix}of_team ← {prefix}all_teams"}


@pytest.mark.parametrize("loop", [map, filter])
def test_without_a_loop_in_python_the_way_leads_to_the_outermost_frame(
    loop: Callable[..., Iterator[object]], probe: Probe
) -> None:
    def get_cat(number: int) -> None:
        probe.run(number)

    list(loop(get_cat, range(3)))

    prefix = "test_without_a_loop_in_python_the_way_leads_to_the_outermost_frame"
    assert probe.names == {f"{prefix}.get_cat ← {prefix}"}


def test_way_leads_through_coroutines(probe: Probe) -> None:
    async def get_cat() -> None:
        probe.run()

    async def page() -> None:
        for _ in range(3):
            await get_cat()

    asyncio.run(page())

    prefix = "test_way_leads_through_coroutines."
    assert probe.names == {f"{prefix}get_cat ← {prefix}page"}


def test_way_of_a_recursion_has_each_line_once_and_a_bound(probe: Probe) -> None:
    def visit(depth: int) -> None:
        if depth:
            for _ in range(1):
                visit(depth - 1)
        else:
            probe.run()

    visit(150)

    assert len(probe.ways[0].split(" ← ")) == 2


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("probe()", False),
        ("for _ in range(2): probe()", True),
        ("while go(): probe()", True),
        ("[probe() for _ in range(2)]", True),
        ("list(probe() for _ in range(2))", True),
        ("for _ in range(2):\n  if go(): probe()", True),
        ("for _ in range(2):\n  with manager(): probe()", True),
        ("for _ in range(2):\n  probe()\n  break", False),
        ("for _ in range(2):\n  return probe()", False),
        ("for _ in range(2):\n  with manager(): return probe()", False),
        ("for _ in range(2): go()\nprobe()", False),
        ("while True:\n  try:\n    return probe()\n  except ValueError: continue", False),
        ("try: go()\nfinally: probe()", False),
    ],
)
def test_what_can_run_again_without_an_error_is_in_a_loop(source: str, expected: bool) -> None:
    import contextlib
    import sys

    seen: list[bool] = []

    def probe() -> None:
        frame = sys._getframe(1)
        seen.append(is_in_loop(frame.f_code, frame.f_lasti))

    turns = iter([True, True, False])
    names: dict[str, Any] = {
        "probe": probe,
        "manager": contextlib.nullcontext,
        "go": lambda: next(turns, False),
    }
    indented = "\n".join(f"  {line}" for line in source.split("\n"))
    exec(f"def run():\n{indented}", names)

    names["run"]()

    assert set(seen) == {expected}


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = make_shop(8)
    yield engine
    engine.dispose()


@pytest.fixture
def service(engine: Engine) -> Iterator[Service]:
    service = Service()
    instrumentor = SQLAlchemyInstrumentor()
    instrumentor.instrument(engine=engine, tracer_provider=service.provider, skip_dep_check=True)
    instrument(engine)
    yield service
    instrumentor.uninstrument()


def get_book(session: Session, number: int) -> Book | None:
    return session.scalars(select(Book).where(Book.id == number)).first()


def list_books(session: Session) -> list[Book | None]:
    return [get_book(session, number) for number in range(1, 9)]


def list_some_books(session: Session) -> None:
    for number in range(1, 4):
        get_book(session, number)


def test_spans_and_their_request_tell_the_way(engine: Engine, service: Service) -> None:
    with service.request(), Session(engine) as session:
        list_books(session)

    told = [span.attributes or {} for span in service.spans if span.name == "SELECT book"]
    way = str(told[-1]["nplusone.code.path"])
    assert re.fullmatch(rf"{__file__}:\d+ get_book ← {__file__}:\d+ list_books", way)
    assert [("nplusone.code.path" in one) for one in told] == [False] * 4 + [True] * 4
    assert told[-1]["code.function.name"] == f"{__name__}.get_book"
    assert service.marks[0]["code.path"] == way


def test_every_call_site_is_told_with_its_count(engine: Engine, service: Service) -> None:
    with service.request(), Session(engine) as session:
        list_books(session)
        list_some_books(session)

    what = _judged(service)
    assert what.place_counts == (4, 3)
    assert [place.rsplit(" ", 1)[1] for place in what.places] == ["list_books", "list_some_books"]
    assert what.sites[0].startswith("4 × ")


def _judged(service: Service) -> Repeats:
    from otel_nplusone._core.model import Trace
    from otel_nplusone._live.sdk_spans import to_model

    spans = tuple(to_model(span, span.get_span_context()) for span in service.spans)  # type: ignore[arg-type]  # an ended span has one
    (finding,) = find_n_plus_one(Trace(spans[0].trace_id, spans))
    return finding.what


def result(*ways: str) -> Result:
    """Return the result of a scan of a request in which each way sends the statement five times."""
    drawing = Drawing()
    request = drawing.server()
    for number in range(5 * len(ways)):
        way = ways[number % len(ways)]
        told: dict[str, Any] = {
            "nplusone__code__path": way,
            "nplusone__values_hash": f"{number:016x}",
            "code__file__path": "clinic/db.py",
            "code__line__number": 41,
        }
        drawing.sql(request, SELECT, **told)
    summarizer = Summarizer()
    summarizer.add(find_n_plus_one(drawing.trace()))
    return Result(tuple(summarizer.summaries()), 1, len(drawing.spans), 0, ())


ONE_WAY = f"{GET_CAT} ← {LOOP}"
TWO_WAYS = (ONE_WAY, f"{GET_CAT} ← {OTHER}")


def test_text_tells_the_way() -> None:
    assert f"   code          {ONE_WAY}\n" in text.render(result(ONE_WAY))


def test_text_tells_each_call_site_on_a_line_of_its_own() -> None:
    assert (
        f"   code          5 × {TWO_WAYS[0]}\n                 5 × {TWO_WAYS[1]}\n"
        in text.render(result(*TWO_WAYS))
    )


def test_markdown_tells_each_call_site() -> None:
    written = markdown.render(result(*TWO_WAYS))

    assert all(f"- code: `5 × {way}`" in written for way in TWO_WAYS)


def test_json_tells_the_way_and_each_call_site() -> None:
    (one,) = json.loads(json_document.render(result(ONE_WAY)))["findings"]
    (two,) = json.loads(json_document.render(result(*TWO_WAYS)))["findings"]

    assert (one["path"], one["places"], one["place_counts"]) == (ONE_WAY, [], [])
    assert (two["places"], two["place_counts"]) == (list(TWO_WAYS), [5, 5])


def test_sarif_relates_each_step_of_the_ways_once() -> None:
    (found,) = json.loads(sarif.render(result(*TWO_WAYS)))["runs"][0]["results"]

    related = [
        (
            one["message"]["text"],
            one["physicalLocation"]["artifactLocation"]["uri"],
            one["physicalLocation"]["region"]["startLine"],
        )
        for one in found["relatedLocations"]
    ]
    assert related == [
        ("get_cat", "clinic/db.py", 41),
        ("list_cats_seen_at", "clinic/stories.py", 63),
        ("list_cats_of", "clinic/owners.py", 7),
    ]


def test_the_schema_knows_all_of_it(tmp_path: Path) -> None:
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(json.loads(json_document.schema()))

    validator.validate(json_document.document(result(*TWO_WAYS)))
