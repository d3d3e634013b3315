"""Predict from the traces of naive what each repair brings, then measure it.

One visitor opens the page as it was launched and with each strategy, in turns, at one clinic after
another: what disturbs a moment falls on all of them. otel-nplusone sees naive's traces alone. What
a strategy takes is its requests' own spans; what it sends is what the clinic says of it. Then the
same prediction is stretched to a clinic of `prod`, which has 50 times the appointments.

An interval is right if the measured value is in it. Statements on `prod` are right if the counting
rule's ends have them, latency if it is at most 30 % off.
"""

import json
import math
import statistics
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clinic.seed.datasets import DATASETS
from clinic.seed.generate import generate
from clinic.seed.load import store as store_rows
from harness.clients.clinic import STORIES, ClinicClient
from harness.parts.postgres import running_postgres
from harness.parts.start import Tracestore, start_clinic, start_tracestore
from harness.processes import Processes
from harness.project import PROJECT, tool
from harness.waiting import wait_until
from otel_nplusone.predict import Interval, Outlook, Prediction, Repair, predict

TARGETS = {
    "sqlite_right_of_10": "at least 8",
    "postgresql_right_of_10": "at least 8",
    "prod_statements_right_of_10": "10",
    "prod_naive_latency_off_percent": "at most 30",
    "prod_latency_within_30_percent_of_10": "10",
}
NAIVE = "naive"
# Each strategy is a repair of both findings, or of the inner one alone.
BOTH, INNER = 2, 1
REPAIRS: Mapping[str, tuple[Repair, int]] = {
    "identity_map": (Repair.ONCE, INNER),
    "lazy": (Repair.ONCE, INNER),
    "selectin": (Repair.SELECT_IN, BOTH),
    "subquery": (Repair.SELECT_IN, BOTH),
    "joined": (Repair.JOIN, BOTH),
    "batched": (Repair.ROWS, INNER),
    "distinct": (Repair.ROWS, BOTH),
    "exists": (Repair.ROWS, BOTH),
    "in_subquery": (Repair.ROWS, BOTH),
    "core": (Repair.ROWS, BOTH),
}
ROUNDS = 60
WARM_UP_ROUNDS = 2
PROD_CLINICS = 3
PROD_VISITS = 3
SEED = 20
NS_IN_MS = 1e6
STORED_DEADLINE_S = 60
TOLERANCE = 0.30

Table = dict[str, dict[str, float | int]]


@dataclass(frozen=True, slots=True)
class Visit:
    """Hold what one request sent and took, and its trace."""

    statements: int
    duration_ns: int
    spans: Sequence[Mapping[str, object]]


Visits = Mapping[str, Sequence[Visit]]


def measure() -> dict[str, float | int | Table]:
    """Predict and measure `demo` on both databases, then `prod` on SQLite from `demo`'s traces."""
    rows = generate(DATASETS["demo"], SEED)
    with tempfile.TemporaryDirectory(prefix="predict-", dir=PROJECT / "var") as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/demo.db"
        store_rows(url, rows)
        small = _visit(folder / "sqlite", url, _each_clinic)
        outlook = _outlook(folder / "sqlite", small)
        with running_postgres() as cluster:
            url = cluster.create_database()
            store_rows(url, rows)
            on_postgres = _visit(folder / "postgresql", url, _each_clinic)
        figures = {
            **_compared("sqlite", outlook, small),
            **_compared("postgresql", _outlook(folder / "postgresql", on_postgres), on_postgres),
            **_stretched(outlook, _prod(folder)),
        }
    # Figures first, tables last.
    return dict(sorted(figures.items(), key=lambda item: isinstance(item[1], dict)))


def _prod(folder: Path) -> Visits:
    url = f"sqlite:///{folder}/prod.db"
    subprocess.run(
        [tool("create-prod-db"), "--force", f"--database-url={url}"],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    return _visit(folder / "prod", url, _few_clinics)


def _each_clinic(names: Sequence[str]) -> Iterator[tuple[str, str, bool]]:
    """Return clinic, strategy, and whether it counts, for `demo`."""
    for number in range(WARM_UP_ROUNDS + ROUNDS):
        for strategy in (NAIVE, *REPAIRS):
            yield names[number % len(names)], strategy, number >= WARM_UP_ROUNDS


def _few_clinics(names: Sequence[str]) -> Iterator[tuple[str, str, bool]]:
    """Return the same for `prod`, where naive takes ten seconds."""
    for strategy in (NAIVE, *REPAIRS):
        yield names[0], strategy, False
    for name in names[1 : PROD_CLINICS + 1]:
        for strategy in (NAIVE, *REPAIRS):
            for _ in range(1 if strategy == NAIVE else PROD_VISITS):
                yield name, strategy, True


Plan = Callable[[Sequence[str]], Iterator[tuple[str, str, bool]]]


def _visit(folder: Path, url: str, plan: Plan) -> Visits:
    """Let one visitor follow a plan; return the visits by strategy."""
    asked: dict[str, list[tuple[int, str]]] = defaultdict(list)
    visits: dict[str, list[Visit]] = {}
    with _parts(folder, url) as (store, clinic):
        _, names = clinic.listing()
        for name, strategy, counts in plan(names):
            page = clinic.get(STORIES, clinic=name, strategy=strategy)
            if counts and page.status == 200 and page.trace_id:
                asked[strategy].append((page.statements or 0, page.trace_id))
        for strategy, pages in asked.items():
            visits[strategy] = [
                _visited(statements, _stored(store, trace_id)) for statements, trace_id in pages
            ]
    return visits


@contextmanager
def _parts(folder: Path, url: str) -> Iterator[tuple[Tracestore, ClinicClient]]:
    folder.mkdir()
    with Processes(folder / "logs") as processes:
        store = start_tracestore(processes, folder / "traces.db")
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": store.otlp}
        with ClinicClient(start_clinic(processes, folder, url, env).url) as clinic:
            yield store, clinic


def _stored(store: Tracestore, trace_id: str) -> list[dict[str, object]]:
    """Return a trace's spans once its root is there, which is exported last."""

    def whole() -> list[dict[str, object]] | None:
        spans = store.spans_of(trace_id)
        return spans if any(not span.get("parentSpanId") for span in spans) else None

    return wait_until(whole, what=f"the trace {trace_id}", deadline_s=STORED_DEADLINE_S)


def _visited(statements: int, spans: Sequence[Mapping[str, object]]) -> Visit:
    root = next(span for span in spans if not span.get("parentSpanId"))
    begin, end = (int(str(root[f"{name}TimeUnixNano"])) for name in ("start", "end"))
    return Visit(statements, end - begin, spans)


def _outlook(folder: Path, visits: Visits) -> Outlook:
    """Predict from naive's traces alone, as `otel-nplusone scan --predict` does."""
    path = folder / "naive.jsonl"
    with path.open("w") as lines:
        for visit in visits[NAIVE]:
            document = {"resourceSpans": [{"scopeSpans": [{"spans": visit.spans}]}]}
            lines.write(json.dumps(document) + "\n")
    (outlook,) = predict([str(path)])
    return outlook


def _prediction(outlook: Outlook, strategy: str) -> Prediction:
    repair, mended = REPAIRS[strategy]
    (found,) = [
        one
        for one in outlook.predictions
        if one.repair is repair and len(one.mends) == mended and _inner(outlook) in one.mends
    ]
    return found


def _inner(outlook: Outlook) -> str:
    """Return the finding that takes most: the cats'."""
    return outlook.predictions[0].loops[0].fingerprint


def _compared(kind: str, outlook: Outlook, visits: Visits) -> dict[str, float | int | Table]:
    table: Table = {}
    right: list[bool] = []
    before = statistics.mean(visit.duration_ns for visit in visits[NAIVE])
    for strategy in REPAIRS:
        said, seen = _prediction(outlook, strategy), visits[strategy]
        took = sorted(visit.duration_ns for visit in seen)
        figures = {
            "statements": (said.statements, statistics.median_low(v.statements for v in seen), 1.0),
            "p50_ms": (said.p50_ns, statistics.median_low(took), NS_IN_MS),
            "p95_ms": (said.p95_ns, took[math.ceil(len(took) * 0.95) - 1], NS_IN_MS),
            "capacity": (said.capacity, before / statistics.mean(took), 1.0),
        }
        inside = [value in interval for interval, value, _ in figures.values()]
        right += inside
        table[strategy] = {
            name: number
            for figure, (interval, value, unit) in figures.items()
            for name, number in _cells(figure, interval, value, unit).items()
        } | {"right": sum(inside)}
    return {
        f"{kind}_values": len(right),
        f"{kind}_right": sum(right),
        f"{kind}_right_of_10": round(10 * sum(right) / len(right), 1),
        f"{kind}_naive_p50_ms": round(outlook.before.p50_ns.mid / NS_IN_MS, 1),
        f"{kind}, predicted from {len(visits[NAIVE])} traces": table,
    }


def _cells(figure: str, interval: Interval, value: float, unit: float) -> dict[str, float | int]:
    low, high = interval.low / unit, interval.high / unit
    if figure == "statements":
        return {figure: int(value), "low": round(low), "high": round(high)}
    name = figure.partition("_")[0]
    return {
        figure: round(value / unit, 2),
        f"{name} low": round(low, 2),
        f"{name} high": round(high, 2),
    }


def _stretched(outlook: Outlook, visits: Visits) -> dict[str, float | int | Table]:
    """Compare `prod` with what `demo`'s traces say of a clinic of that size."""
    veterinarians, appointments, cats = _sizes(visits)
    assert outlook.growth is not None, "naive's traces have more than one size"
    off = _off(outlook.growth.duration_ns(appointments).mid, visits[NAIVE])
    table: Table = {}
    for strategy in REPAIRS:
        said, seen = _prediction(outlook, strategy), visits[strategy]
        inner, outer = (loop.fingerprint for loop in said.loops)
        rule = said.statements_at(
            {inner: cats, outer: veterinarians}, {inner: appointments, outer: veterinarians}
        )
        assert said.growth is not None, "so have the mended ones"
        sent, predicted = _statements(seen), said.growth.duration_ns(appointments)
        table[strategy] = {
            "statements": sent,
            "low": round(rule.low),
            "high": round(rule.high),
            "p50_ms": round(_p50(seen) / NS_IN_MS, 1),
            "predicted_ms": round(predicted.mid / NS_IN_MS, 1),
            "off_percent": round(_off(predicted.mid, seen), 1),
        }
    return {
        "prod_appointments": appointments,
        "prod_naive_p50_ms": round(_p50(visits[NAIVE]) / NS_IN_MS, 1),
        "prod_naive_predicted_ms": round(
            outlook.growth.duration_ns(appointments).mid / NS_IN_MS, 1
        ),
        "prod_naive_latency_off_percent": round(abs(off), 1),
        "prod_statements_right_of_10": sum(
            row["low"] <= row["statements"] <= row["high"] for row in table.values()
        ),
        "prod_latency_within_30_percent_of_10": sum(
            abs(row["off_percent"]) <= 100 * TOLERANCE for row in table.values()
        ),
        "prod, predicted from demo's traces": table,
    }


def _sizes(visits: Visits) -> tuple[int, int, int]:
    """Return the veterinarians, appointments and cats of the middle clinic, by what is sent."""
    naive, known = _statements(visits[NAIVE]), _statements(visits["identity_map"])
    veterinarians = _statements(visits["batched"]) - 2
    return veterinarians, naive - 2 - veterinarians, known - 2 - veterinarians


def _statements(visits: Sequence[Visit]) -> int:
    return statistics.median_low(visit.statements for visit in visits)


def _p50(visits: Sequence[Visit]) -> float:
    return statistics.median(visit.duration_ns for visit in visits)


def _off(predicted: float, visits: Sequence[Visit]) -> float:
    measured = _p50(visits)
    return 100 * (predicted - measured) / measured
