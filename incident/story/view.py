"""Put a story into words: its headline and its large figures; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from incident.story import events as ev
from incident.story import outcome
from incident.story.story import PhaseSeen, Story
from incident.story.words import counted, milliseconds, number, times

NOTHING = "–"  # where there is no value yet


@dataclass(frozen=True, slots=True)
class Headline:
    """Hold the first line, whether it is bad news, and what else there is to know at once."""

    text: str
    bad: bool
    more: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Tile:
    """Hold a large figure; `after` is empty while the replay runs."""

    label: str
    value: str
    after: str = ""


def headline(story: Story) -> Headline:
    """Return the result, or where the run fell short, or how far it has come."""
    short = [one.text for one in story.shortfalls]
    result = _result(story)
    if story.ended is not None and story.ended.why:
        said = f"The replay could not finish: {story.ended.why}"
        return Headline(said, True, [*_fell_short(short), *result])
    if short:
        first, *others = _fell_short(short)
        return Headline(first, True, [*others, *result])
    if story.ended is not None:
        first, *others = result or ["The replay is over. It measured nothing to compare."]
        return Headline(first, not result, others)
    return Headline(_so_far(story), False, result)


def _fell_short(short: Sequence[str]) -> list[str]:
    return [f"Fell short: {text}" for text in short]


def _result(story: Story) -> list[str]:
    """Return the result in a sentence or two; empty while there is none."""
    found = {one.measure.name: one for one in outcome.ratios(story)}
    before, after = sides(story)
    if before is None or after is None or story.begun is None:
        return []
    was, now = before.statements_per_request.get("p50"), after.statements_per_request.get("p50")
    slow, quick = before.latency_ms.get("p50"), after.latency_ms.get("p50")
    if was is None or now is None or slow is None or quick is None:
        return []
    text = (
        f"With {after.strategy} one page takes {counted(now, 'SQL statement')} instead of "
        f"{number(was)}, and {milliseconds(quick)} instead of {milliseconds(slow)}."
    )
    if (capacity := found.get(outcome.CAPACITY.name)) is not None:
        text += (
            f" The same service carries {times(capacity.spread.mid)} times the visitors:"
            f" {number(capacity.after)} a second instead of {number(capacity.before)}."
        )
    failures = sum(seen.figures.failures for seen in story.phases if seen.figures is not None)
    silent = "Not one request failed all the while: an alert on errors would have stayed silent."
    return [text, silent if not failures else f"{counted(failures, 'request')} failed."]


def sides(story: Story) -> tuple[ev.Figures | None, ev.Figures | None]:
    """Return the figures of the worst phase before the fix, and of the last one with it."""
    worst = outcome.worst(story)
    fix = story.begun.fix if story.begun else ""
    return (
        worst.figures if worst else None,
        outcome.measured_in(story, lambda one: one.strategy == fix),
    )


def _so_far(story: Story) -> str:
    if story.standing:
        return _as_it_runs(story)
    if story.begun is None:
        return "No replay has begun yet."
    if not story.phases:
        return "The replay begins: its parts start."
    seen = story.phases[-1]
    return f"{_which(story, seen)}: {seen.begun.title}. {seen.begun.text}"


def _as_it_runs(story: Story) -> str:
    if not story.samples:
        return "The stack is not there yet: its parts start."
    load = f"{counted(story.users, 'visitor')} at a time" if story.users else "no visitors"
    read = f"; Success Stories are read by {story.strategy}" if story.strategy else ""
    return f"The clinic has {load}{read}."


def _which(story: Story, seen: PhaseSeen) -> str:
    named = list(story.begun.phases) if story.begun else []
    if seen.begun.name not in named:
        return "Now"
    return f"Phase {named.index(seen.begun.name) + 1} of {len(named)}"


def tiles(story: Story) -> list[Tile]:
    """Return the large figures: of the last seconds, and once all is over before and after."""
    before, after = sides(story)
    if story.ended is not None and before is not None and after is not None:
        pairs = zip(_of_phase(before), _of_phase(after), strict=True)
        return [Tile(label, was, now) for (label, was), (_, now) in pairs]
    if not story.samples:
        return []
    last = story.samples[-1]
    return [
        Tile("requests/s", _number(last.requests_per_second)),
        Tile("p50", _time(last.p50_ms)),
        Tile("p95", _time(last.p95_ms)),
        Tile("/healthz", _time(last.healthz_ms)),
        Tile("SQL statements per request", _number(last.statements_per_request)),
        Tile("SQL per minute", _number(last.sql_per_minute)),
        Tile("service CPU, of one core", _percent(last.service_cpu_percent_of_core)),
        Tile("machine CPU", _percent(last.machine_cpu_percent)),
    ]


def _of_phase(one: ev.Figures) -> list[tuple[str, str]]:
    return [
        ("requests/s", _number(one.requests_per_second)),
        ("p50", _time(one.latency_ms.get("p50"))),
        ("p95", _time(one.latency_ms.get("p95"))),
        ("/healthz p50", _time(one.healthz_ms.get("p50"))),
        ("SQL statements per request", _number(one.statements_per_request.get("p50"))),
        ("SQL per minute", _number(one.sql_per_minute)),
        ("service CPU, of one core", _percent(one.service_cpu_percent_of_core)),
        ("machine CPU", _percent(one.machine_cpu_percent)),
    ]


def _time(value: float | None) -> str:
    return NOTHING if value is None else milliseconds(value)


def _number(value: float | None) -> str:
    return NOTHING if value is None else number(value)


def _percent(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.0f} %"
