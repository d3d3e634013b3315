"""Test what `otel-nplusone run` makes of the messages of a program's processes."""

import io

import pytest

from nplusone.tests.traces import Drawing
from otel_nplusone._core.model import Span
from otel_nplusone._run.announce import QUIET_S, Announcer, Watch
from otel_nplusone._run.blind import Sight
from otel_nplusone._run.wire import Hello, Progress

ONE = "SELECT cat.name FROM cat WHERE cat.id = ?"


class Program:
    """Play processes that tell of spans, and a clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0
        self.stream = io.StringIO()
        self.watch = Watch(Announcer(self.stream), Sight(), lambda: self.now)
        self.watch.take(Hello(1))

    def tell(self, span: Span, still_open: int, process: int = 1) -> None:
        self.watch.take(Progress(process, span.trace_id, still_open, span))

    def wait(self, seconds: float) -> str:
        """Let time pass; return what is said by then."""
        self.now += seconds
        self.watch.judge()
        return self.stream.getvalue()


@pytest.fixture
def program() -> Program:
    return Program()


@pytest.fixture
def spans() -> list[Span]:
    """Return a request and the statements in it, the request first."""
    drawing = Drawing()
    drawing.many(drawing.server("/cats"), [ONE] * 12)
    return list(drawing.spans)


def test_finding_is_said_when_the_trace_is_over_and_not_before(
    program: Program, spans: list[Span]
) -> None:
    request, *statements = spans
    program.tell(request, 1)
    for span in statements:
        program.tell(span, 1)
    before = program.wait(QUIET_S)
    program.watch.take(Progress(1, request.trace_id, 0))

    assert before == ""
    assert "n_plus_one in GET /cats: 12 times" in program.wait(QUIET_S)


def test_trace_that_comes_in_pieces_is_counted_once(program: Program, spans: list[Span]) -> None:
    half = len(spans) // 2
    for piece in (spans[:half], spans[half:]):
        for span in piece:
            program.tell(span, 0)
        program.wait(QUIET_S)

    result = program.watch.close()

    assert (result.traces_read, result.spans_read) == (1, len(spans))


def test_trace_of_two_processes_is_judged_as_one(program: Program, spans: list[Span]) -> None:
    request, *statements = spans
    program.watch.take(Progress(1, request.trace_id, 1))
    for span in statements:
        program.tell(span, 0, process=2)
    program.wait(QUIET_S)
    program.tell(request, 0)

    result = program.watch.close()

    (finding,) = result.findings
    assert (finding.route, finding.repeats_max, result.incomplete_traces) == ("GET /cats", 12, 0)


def test_span_that_never_ends_does_not_hide_the_rest(program: Program, spans: list[Span]) -> None:
    for span in spans[1:]:
        program.tell(span, 1)

    result = program.watch.close()

    assert [finding.repeats_max for finding in result.findings] == [12]
