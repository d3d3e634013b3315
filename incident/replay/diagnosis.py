"""Ask the traces what is wrong, what mending it would bring, and what one request has done."""

import re
import time
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from incident.replay.engine import Play
from incident.stack.commands import SERVICE_NAME
from incident.story import events as ev
from otel_nplusone import Span, SpanKind
from otel_nplusone.errors import NPlusOneError
from otel_nplusone.jaeger import Search
from otel_nplusone.predict import Interval, Prediction, Repair
from otel_nplusone.scan import Result, Summary, Wanted, scan

ROUTE = "*/success-stories"
MOST_TRACES = 30
# Of prod's traces, with 25,000 spans each, three tell as much and are read as soon.
MOST_SPANS = 60_000
LIMIT_NS = 1_000_000_000
AROUND_LINES = 4
LEAST_FOLDED = 3
_PLACE = re.compile(r"(?P<file>\S+\.py):(?P<line>\d+)")
_WAY = " ← "


def diagnose(play: Play, phase: str, *, seconds: float) -> ev.Finding | None:
    """Ask the traces of the last seconds; write down what is found, None if nothing is."""
    began = time.monotonic()
    result = ask(play, seconds)
    found = next(iter(result.findings), None) if result else None
    if found is None:
        return None
    finding = _finding(play, phase, found, time.monotonic() - began)
    play.journal.write(finding)
    play.run.console.step(
        f"{finding.route} sends one statement {finding.repeats:,.0f} times, from {finding.line}: "
        f"asked and found in {finding.took_s:.1f} s."
    )
    return finding


def predict(play: Play, seconds: float) -> None:
    """Write down what repairs would bring, by the pages that were just read by the old strategy.

    They are asked for one by one: the route's other visitors are told that the page is coming soon,
    and a search would mix the two.
    """
    backend = play.stage.backend
    if backend is None:
        return
    whole = (
        f"{play.run.stack.trace_ui.address}/trace/{story.trace_id}"
        for story in play.watch.recent(seconds)
        if story.strategy == play.plan.before
        and story.trace_id
        # A trace of which spans are still on their way would promise too little.
        and len(backend.spans(story.trace_id)) >= (story.spans or 0)
    )
    stored = list(islice(whole, MOST_TRACES))  # no more traces are loaded than are looked at
    result = _scan(play, stored) if stored else None
    if result is None or not result.outlooks:
        play.note(f"Nothing is predicted: no page was read by {play.plan.before} just before.")
        return
    for strategy, repair in _repairs(play).items():
        for prediction in result.outlooks[0].together:
            if prediction.repair is repair:
                play.journal.write(_prediction(play, strategy, prediction))


def ask(play: Play, seconds: float) -> Result | None:
    """Scan the traces of the last seconds; None where they cannot be read."""
    address = play.run.stack.trace_ui.address
    return _scan(play, [address], Search(SERVICE_NAME, seconds, MOST_TRACES, MOST_SPANS))


def _scan(play: Play, sources: Sequence[str], search: Search | None = None) -> Result | None:
    wanted = Wanted(search or Search(), route=ROUTE, limit_ns=LIMIT_NS)
    try:
        return scan(sources, wanted)
    except NPlusOneError as error:
        play.fell_short(f"The traces could not be scanned: {error}")
        return None


def show_traces(play: Play, before: str, after: str) -> None:
    """Write down the waterfall of the slowest request of either phase, if there is one."""
    for which, name in (("before", before), ("after", after)):
        seen = play.journal.story.phase(name)
        trace_id = seen.figures.slowest_trace_id if seen and seen.figures else ""
        backend = play.stage.backend
        spans = backend.spans(trace_id) if trace_id and backend else []
        if spans:
            play.journal.write(_trace(play, which, name, trace_id, spans))


def fold(spans: Sequence[Span]) -> list[ev.Bar]:
    """Return the rows of a waterfall; of spans of one name that follow each other, one row."""
    ordered = sorted(spans, key=lambda span: (span.start_time_unix_nano, -span.end_time_unix_nano))
    known = {span.span_id: span for span in spans}
    began_ns = ordered[0].start_time_unix_nano
    bars: list[ev.Bar] = []
    alike: list[Span] = []
    for span in [*ordered, None]:
        if alike and (span is None or _kind(span, known) != _kind(alike[0], known)):
            groups = [alike] if len(alike) >= LEAST_FOLDED else [[one] for one in alike]
            bars += [_bar(group, began_ns, known) for group in groups]
            alike = []
        alike += [span] if span else []
    return bars


def _kind(span: Span, known: dict[str, Span]) -> tuple[str, int]:
    return span.name, _depth(span, known)


def _depth(span: Span, known: dict[str, Span]) -> int:
    depth = 0
    while (parent := known.get(span.parent_span_id or "")) is not None and depth < len(known):
        depth, span = depth + 1, parent
    return depth


def _bar(group: Sequence[Span], began_ns: int, known: dict[str, Span]) -> ev.Bar:
    first, last = group[0], max(group, key=lambda span: span.end_time_unix_nano)
    return ev.Bar(
        name=first.name,
        start_ms=round((first.start_time_unix_nano - began_ns) / 1e6, 3),
        duration_ms=round((last.end_time_unix_nano - first.start_time_unix_nano) / 1e6, 3),
        depth=_depth(first, known),
        count=len(group),
        is_db=first.kind == SpanKind.CLIENT,
    )


def _trace(play: Play, which: str, phase: str, trace_id: str, spans: Sequence[Span]) -> ev.Trace:
    ends = [span.end_time_unix_nano for span in spans]
    starts = [span.start_time_unix_nano for span in spans]
    return ev.Trace(
        at_s=play.journal.now_s,
        which=which,
        phase=phase,
        trace_id=trace_id,
        link=play.run.stack.trace_link(trace_id),
        duration_ms=round((max(ends) - min(starts)) / 1e6, 3),
        spans=len(spans),
        bars=fold(spans),
    )


def _finding(play: Play, phase: str, found: Summary, took_s: float) -> ev.Finding:
    places = (found.path or found.code or "").split(_WAY)
    file, lines = _excerpt(places[-1], play.run.stack.project)
    return ev.Finding(
        at_s=play.journal.now_s,
        phase=phase,
        took_s=round(took_s, 2),
        route=found.route,
        statement=found.statement,
        repeats=found.repeats_p50,
        share_of_time_percent=round(found.share_of_request * 100) if found.has_share else None,
        line=_from(places[0], play.run.stack.project),
        loop=_from(places[-1], play.run.stack.project),
        advice=found.advice,
        trace_id=found.worst_trace_id,
        code=lines,
        code_file=file,
    )


def _from(place: str, project: Path) -> str:
    return place.replace(f"{project}/", "")


def _excerpt(place: str, project: Path) -> tuple[str, list[tuple[int, str, bool]]]:
    """Return the file of a place and the lines around it, where this machine has the file."""
    told = _PLACE.search(place)
    path = Path(told["file"]) if told else None
    if told is None or path is None or not path.is_file():
        return "", []
    marked = int(told["line"])
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    first = max(1, marked - AROUND_LINES)
    shown: Iterable[int] = range(first, min(len(lines), marked + AROUND_LINES) + 1)
    return _from(str(path), project), [(n, lines[n - 1], n == marked) for n in shown]


def _repairs(play: Play) -> dict[str, Repair]:
    """Return which repair each of the two chosen strategies is."""
    known = {
        "selectin": Repair.SELECT_IN,
        "subquery": Repair.SELECT_IN,
        "joined": Repair.JOIN,
    }
    return {
        strategy: known.get(strategy, Repair.ROWS) for strategy in (play.plan.half, play.plan.fix)
    }


def _prediction(play: Play, strategy: str, one: Prediction) -> ev.Prediction:
    return ev.Prediction(
        at_s=play.journal.now_s,
        strategy=strategy,
        statements=_range(one.statements, 1),
        p50_ms=_range(one.p50_ns, 1e-6),
        p95_ms=_range(one.p95_ns, 1e-6),
        capacity_ratio=_range(one.capacity, 1),
    )


def _range(interval: Interval, unit: float) -> ev.Range:
    return ev.Range(
        low=round(interval.low * unit, 3),
        mid=round(interval.mid * unit, 3),
        high=round(interval.high * unit, 3),
    )
