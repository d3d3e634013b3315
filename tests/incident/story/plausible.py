"""Make up the events of a replay that went as the morning did: eight phases, plausible figures."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from incident.story import events as ev
from incident.story.story import Story, tell

SAMPLE_S = 0.5
HALF_LIFE_S = 2.5
TRACE_BEFORE, TRACE_AFTER = "4bf92f3577b34da6a3ce929d0e0e4736", "7c1d0a52e8f04a6fb0f7c9d1a2b3c4d5"
# How much of a visitor's time passes in the service, by whether it is the old strategy.
SERVED = {True: 0.5, False: 1.0}
TRACES = "http://127.0.0.1:16686"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Hold a phase, and what the figures of its samples come to."""

    name: str
    title: str
    text: str
    to_see: str
    strategy: str
    seconds: float
    rate: float
    p50_ms: float
    p95_ms: float
    healthz_ms: float
    statements: float
    core_percent: float
    machine_percent: float
    audience: float = 100
    workers: int = 1
    dataset: str = "demo"


ACTS: Sequence[Act] = (
    Act(
        name="qa",
        title="QA",
        text="One tester opens the page on QA's data.",
        to_see="Quick, and the number of statements grows with the data already.",
        strategy="naive",
        seconds=20,
        rate=1,
        p50_ms=24,
        p95_ms=31,
        healthz_ms=2,
        statements=45,
        core_percent=4,
        machine_percent=6,
        dataset="test",
    ),
    Act(
        name="canary",
        title="Canary",
        text="5 % of the visitors get the page.",
        to_see="Averages stay green; the 99th percentile does not.",
        strategy="naive",
        seconds=40,
        rate=10,
        p50_ms=6,
        p95_ms=310,
        healthz_ms=6,
        statements=27,
        core_percent=18,
        machine_percent=15,
        audience=5,
    ),
    Act(
        name="launch",
        title="Launch",
        text="Everybody gets the page.",
        to_see="One core is full, every page waits, and not one request fails.",
        strategy="naive",
        seconds=60,
        rate=2.1,
        p50_ms=12_400,
        p95_ms=21_800,
        healthz_ms=9_200,
        statements=512,
        core_percent=101,
        machine_percent=59,
    ),
    Act(
        name="hardware",
        title="More hardware",
        text="Twice the workers.",
        to_see="The machine is full and the page is still slow: capacity was not the problem.",
        strategy="naive",
        seconds=40,
        rate=3.6,
        p50_ms=8_100,
        p95_ms=14_300,
        healthz_ms=4_800,
        statements=512,
        core_percent=184,
        machine_percent=94,
        workers=2,
    ),
    Act(
        name="diagnosis",
        title="Diagnosis",
        text="The traces of the last minute are asked.",
        to_see="The route, the statement, the line and the loop, in under 5 s.",
        strategy="naive",
        seconds=10,
        rate=2,
        p50_ms=11_800,
        p95_ms=20_100,
        healthz_ms=8_700,
        statements=512,
        core_percent=101,
        machine_percent=63,
    ),
    Act(
        name="half",
        title="Half a fix",
        text="The flag goes to selectin.",
        to_see="4 statements, and the core is still busy: counting statements is not everything.",
        strategy="selectin",
        seconds=40,
        rate=9.6,
        p50_ms=360,
        p95_ms=1_240,
        healthz_ms=107,
        statements=4,
        core_percent=95,
        machine_percent=57,
    ),
    Act(
        name="fix",
        title="Fix",
        text="The flag goes to core.",
        to_see="How long it takes until the 95th percentile is under 100 ms; nothing restarts.",
        strategy="core",
        seconds=40,
        rate=10,
        p50_ms=15,
        p95_ms=38,
        healthz_ms=3,
        statements=1,
        core_percent=12,
        machine_percent=11,
    ),
    Act(
        name="proof",
        title="Proof",
        text="The load of the launch, by turns before and after the fix.",
        to_see="The same visitors, the same machine, side by side.",
        strategy="core",
        seconds=80,
        rate=10,
        p50_ms=14,
        p95_ms=36,
        healthz_ms=3,
        statements=1,
        core_percent=12,
        machine_percent=11,
    ),
)


def story(until_s: float | None = None, *, acts: Sequence[Act] = ACTS) -> Story:
    """Return the story as it stands at a moment; all of it by default."""
    return tell(events(until_s, acts=acts))


def events(
    until_s: float | None = None, *, acts: Sequence[Act] = ACTS, seed: int = 20
) -> list[ev.Event]:
    """Return the events up to a moment, in the order of time; all of them by default."""
    told = list(_all(acts, random.Random(seed)))
    return [one for one in told if until_s is None or one.at_s <= until_s]


def _all(acts: Sequence[Act], chance: random.Random) -> Iterator[ev.Event]:
    yield _begun(acts)
    at_s, before = 0.5, acts[0]
    for act in acts:
        yield from _phase(act, before, at_s, chance)
        at_s, before = at_s + act.seconds, act
        yield _figures(act, at_s)
    yield from _proof(at_s)
    yield ev.Telemetry(at_s=at_s + 4, created=412_806, stored=412_806, dropped=0)
    yield ev.Ended(at_s=at_s + 5, exit_code=0)


def _begun(acts: Sequence[Act]) -> ev.Begun:
    return ev.Begun(
        at_s=0,
        unix_s=1_795_600_000,
        command="incident replay --seed 20 --pace 40s",
        target="local",
        dataset="demo",
        seed=20,
        before="naive",
        fix="core",
        visitors_per_second=10,
        loop="open",
        phases=[act.name for act in acts],
        links={"clinic": "http://127.0.0.1:8000", "traces": TRACES},
        versions={"python": "3.11.7", "flask": "3.1.3", "sqlalchemy": "2.1.9", "locust": "2.47.0"},
        machine={
            "system": "Linux",
            "release": "6.1.0",
            "architecture": "x86_64",
            "cores": 2,
            "memory_bytes": 8_222_000_000,
        },
    )


def _phase(act: Act, before: Act, at_s: float, chance: random.Random) -> Iterator[ev.Event]:
    yield ev.PhaseBegun(
        at_s=at_s,
        name=act.name,
        title=act.title,
        text=act.text,
        to_see=act.to_see,
        strategy=act.strategy,
        audience_percent=act.audience,
        workers=act.workers,
        dataset=act.dataset,
    )
    yield from _switches(act, before, at_s)
    extra = sorted(_within(act, at_s), key=lambda one: one.at_s)
    for number in range(1, int(act.seconds / SAMPLE_S) + 1):
        sample = _sample(act, before, at_s, number * SAMPLE_S, chance)
        while extra and extra[0].at_s <= sample.at_s:
            yield extra.pop(0)
        yield sample


def _switches(act: Act, before: Act, at_s: float) -> Iterator[ev.Switch]:
    for what, old, new in (
        ("audience", f"{before.audience:g} %", f"{act.audience:g} %"),
        ("workers", str(before.workers), str(act.workers)),
        ("strategy", before.strategy, act.strategy),
    ):
        if old != new:
            yield ev.Switch(at_s=at_s, what=what, before=old, now=new)


def _sample(act: Act, before: Act, at_s: float, after_s: float, chance: random.Random) -> ev.Sample:
    # What was there fades, as a queue does, and everything trembles.
    old = float(0.5 ** (after_s / HALF_LIFE_S))

    def level(was: float, now: float) -> float:
        between: float = was**old * now ** (1 - old)
        return round(between * chance.lognormvariate(0, 0.08), 2)

    answered = act.p50_ms < 5_000 or after_s > 4
    rate = level(before.rate, act.rate)
    statements = level(before.statements, act.statements)
    return ev.Sample(
        at_s=at_s + after_s,
        phase=act.name,
        requests_per_second=rate,
        p50_ms=level(before.p50_ms, act.p50_ms) if answered else None,
        p95_ms=level(before.p95_ms, act.p95_ms) if answered else None,
        healthz_ms=level(before.healthz_ms, act.healthz_ms),
        statements_per_request=float(round(statements)) if answered else None,
        sql_per_minute=round(rate * statements * 60),
        service_cpu_percent_of_core=level(before.core_percent, act.core_percent),
        machine_cpu_percent=min(100, level(before.machine_percent, act.machine_percent)),
        waiting=80 if act.p50_ms > 1_000 else 1,
        gave_up=4 if act.p50_ms > 1_000 else 0,
        failures=0,
    )


def _within(act: Act, at_s: float) -> Iterator[ev.Event]:
    """Yield what happens while a phase runs."""
    if act.name == "qa":
        yield ev.Note(at_s=at_s + 12, text="The detector flags the page on QA's data already.")
    if act.name == "launch":
        text = "p95 of /success-stories is over 2 s"
        yield ev.Alert(at_s=at_s + 15, name="SuccessStoriesSlow", firing=True, text=text)
    if act.name == "fix":
        text = "p95 of /success-stories is under 2 s again"
        yield ev.Alert(at_s=at_s + 20, name="SuccessStoriesSlow", firing=False, text=text)
        yield ev.Recovery(
            at_s=at_s + 8,
            strategy="core",
            limit_ms=100,
            seconds=6.5,
            failed_requests=0,
            restarted=False,
        )
    if act.name == "diagnosis":
        yield _finding(at_s + 3)
        yield _trace_before(at_s + 4)
        yield from _predictions(at_s + 6)
    if act.name == "proof":
        yield _trace_after(at_s + 10)


def _finding(at_s: float) -> ev.Finding:
    path = "service/clinic/db.py"
    code = [
        (58, "    def list_cats_seen_at(self, clinic_name: str) -> list[Cat]:", False),
        (59, "        cats: list[Cat] = []", False),
        (60, "        clinic = self.get_clinic(clinic_name)", False),
        (61, "        for veterinarian in self.list_veterinarians(clinic):", False),
        (62, "            for appointment in self.get_appointments(veterinarian):", False),
        (63, "                cat = self.get_cat(appointment)", True),
        (64, "                if cat not in cats:", False),
        (65, "                    cats.append(cat)", False),
        (66, "        return sorted(cats, key=lambda cat: cat.id)", False),
    ]
    return ev.Finding(
        at_s=at_s,
        phase="diagnosis",
        took_s=2.4,
        route="GET /success-stories",
        statement="SELECT cat.id, cat.name, cat.age, cat.color, cat.lives, cat.owner_id "
        "FROM cat WHERE cat.id = ?",
        repeats=500,
        share_of_time_percent=91.5,
        line=f"{path}:54 get_cat",
        loop=f"{path}:63 list_cats_seen_at",
        advice="Ask once for all rows: SELECT … WHERE cat.id IN (SELECT …), or load them with "
        "the rows that they belong to.",
        trace_id=TRACE_BEFORE,
        code=code,
        code_file=path,
    )


def _predictions(at_s: float) -> Iterator[ev.Prediction]:
    for strategy, statements, p50, p95, ratio in (
        ("selectin", (4, 4, 4), (210, 330, 520), (600, 900, 1_400), (3, 4.5, 7)),
        ("core", (1, 1, 1), (9, 14, 24), (18, 29, 34), (40, 62, 90)),
    ):
        yield ev.Prediction(
            at_s=at_s,
            strategy=strategy,
            statements=_range(statements),
            p50_ms=_range(p50),
            p95_ms=_range(p95),
            capacity_ratio=_range(ratio),
        )


def _range(values: tuple[float, float, float]) -> ev.Range:
    return ev.Range(low=values[0], mid=values[1], high=values[2])


def bar(name: str, start_ms: float, duration_ms: float, depth: int, count: int = 1) -> ev.Bar:
    """Make a row of a waterfall; statements are those whose name begins with SELECT."""
    return ev.Bar(
        name=name,
        start_ms=start_ms,
        duration_ms=duration_ms,
        depth=depth,
        count=count,
        is_db=name.startswith("SELECT"),
    )


def _trace_before(at_s: float) -> ev.Trace:
    bars = [
        bar("GET /success-stories", 0, 1_930, 0),
        bar("connect", 1, 2, 1),
        bar("SELECT clinic", 4, 3, 1),
        bar("SELECT veterinarian", 10, 4, 1),
        bar("SELECT appointment", 18, 1_700, 1, 10),
        bar("SELECT cat", 24, 1_890, 1, 500),
    ]
    return ev.Trace(
        at_s=at_s,
        which="before",
        phase="launch",
        trace_id=TRACE_BEFORE,
        link=f"{TRACES}/trace/{TRACE_BEFORE}",
        duration_ms=1_930,
        spans=514,
        bars=bars,
    )


def _trace_after(at_s: float) -> ev.Trace:
    return ev.Trace(
        at_s=at_s,
        which="after",
        phase="proof",
        trace_id=TRACE_AFTER,
        link=f"{TRACES}/trace/{TRACE_AFTER}",
        duration_ms=14,
        spans=3,
        bars=[
            bar("GET /success-stories", 0, 14, 0),
            bar("connect", 0.4, 0.3, 1),
            bar("SELECT cat", 1, 8, 1),
        ],
    )


def _figures(act: Act, at_s: float) -> ev.Figures:
    requests = round(act.rate * act.seconds)
    spans = round(requests * (act.statements + 2))
    served = SERVED[act.strategy == "naive"]
    return ev.Figures(
        at_s=at_s,
        name=act.name,
        strategy=act.strategy,
        seconds=act.seconds,
        requests=requests,
        failures=0,
        gave_up=0 if act.p50_ms < 1_000 else 120,
        requests_per_second=act.rate,
        latency_ms={"p50": act.p50_ms, "p95": act.p95_ms, "p99": act.p95_ms * 1.3},
        sent_latency_ms={"p50": act.p50_ms / 3, "p95": act.p95_ms / 3, "p99": act.p95_ms / 2},
        healthz_ms={"p50": act.healthz_ms, "max": act.healthz_ms * 2},
        other_pages_ms={"p50": act.healthz_ms, "max": act.healthz_ms * 3} if act.rate > 1 else {},
        statements_per_request={"p50": act.statements, "max": act.statements + 60},
        db_spans_per_trace={"p50": act.statements, "max": act.statements + 60},
        statements_by_clinic={"Pawsitive Care": int(act.statements)},
        sql_per_minute=act.rate * act.statements * 60,
        service_cpu_percent_of_core=act.core_percent,
        machine_cpu_percent=act.machine_percent,
        watcher_cpu_percent_of_core=3.1,
        spans={"created": spans, "stored": spans, "dropped": 0},
        slowest_trace_id=TRACE_BEFORE if act.strategy == "naive" else TRACE_AFTER,
        waited_ms={"p50": act.p50_ms / 2, "max": act.p95_ms},
        service_ms={"p50": act.p50_ms * served, "p95": act.p95_ms * served},
        slowest_service_ms=act.p95_ms / 3,
        slowest_waited_ms=9_300 if act.name == "launch" else 0,
    )


def _proof(at_s: float) -> Iterator[ev.Event]:
    for number, tremble in enumerate((0.94, 1.0, 1.07), start=1):
        for strategy, statements, p50, p95, rate in (
            ("naive", 512.0, 12_400, 21_800, 2.1),
            ("core", 1.0, 14, 36, 10.0),
        ):
            p50_ms = round(p50 * (tremble if statements > 1 else 2.02 - tremble), 1)
            p95_ms = round(p95 * tremble, 1)
            served = SERVED[strategy == "naive"]
            yield ev.Repetition(
                at_s=at_s + number / 10,
                number=number,
                strategy=strategy,
                statements=statements,
                p50_ms=p50_ms,
                p95_ms=p95_ms,
                requests_per_second=round(rate / tremble, 2),
                service_p50_ms=p50_ms * served,
                service_p95_ms=p95_ms * served,
            )
    yield _capacity(at_s + 1, "naive", 2.4, ((1, 610), (2, 1_480), (4, 9_200), (2.4, 1_910)))
    core = ((8, 35), (32, 60), (128, 480), (256, None), (160, 1_720))
    yield _capacity(at_s + 2, "core", 160, core)
    yield ev.Cost(at_s=at_s + 3, strategy="naive", with_ms=193, without_ms=75, pages=60)
    yield ev.Cost(at_s=at_s + 3, strategy="core", with_ms=6.8, without_ms=5.9, pages=60)


def _capacity(
    at_s: float, strategy: str, rate: float, tried: Sequence[tuple[float, float | None]]
) -> ev.Capacity:
    attempts = [
        ev.Attempt(rate=one, p95_ms=p95, held=p95 is not None and p95 < 2_000) for one, p95 in tried
    ]
    return ev.Capacity(at_s=at_s, strategy=strategy, limit_ms=2_000, rate=rate, attempts=attempts)
