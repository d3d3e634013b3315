"""Measure what otel_nplusone costs the clinic: CPU for each span, and for each slow request.

One clinic answers the page as it was launched, again and again, and its telemetry takes turns:

    traced      spans are made, batched and encoded as OTLP
    processor   … and NPlusOneSpanProcessor counts them
    described   … and otel_nplusone.sqlalchemy describes them: what the clinic does

CPU is the whole process's, with the exporter's thread, until its queue is empty; an encoded batch
is thrown away. What a variant adds is the median, over all rounds, of the difference to the one
before it in the same round: both have had the same machine, so that what disturbs it cancels out.
The table has the medians of each, and what its quickest tenth does not exceed.
"""

import gc
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, Tracer

from clinic.app import close_app, create_app
from clinic.db import EXTENSION
from clinic.seed.datasets import DATASETS
from clinic.seed.generate import generate
from clinic.seed.load import store
from clinic.settings import Settings
from clinic.telemetry.environment import DEFAULTS
from clinic.telemetry.providers import Telemetry
from harness.clients.clinic import server_timing
from otel_nplusone._core.semconv import VALUES_HASH
from otel_nplusone.live import NPlusOneSpanProcessor
from otel_nplusone.sqlalchemy import instrument, uninstrument

TARGETS = {
    "processor_us_per_span": "at most 8",
    "processor_percent_of_naive_request": "at most 5",
}
TRACED, PROCESSOR, DESCRIBED = "traced", "processor", "described"
VARIANTS = (TRACED, PROCESSOR, DESCRIBED)
ROUNDS = 100
CLINIC = 7
ALONE_ROUNDS = 40
ALONE_SPANS = 500
DB_SPAN = {
    "db.query.text": "SELECT cat.id, cat.name FROM cat WHERE cat.id = ?",
    "db.query.summary": "SELECT cat",
    "db.operation.name": "SELECT",
    "db.system.name": "sqlite",
    "db.namespace": "clinic.db",
}

Table = dict[str, dict[str, float | int]]


class EncodingExporter(SpanExporter):
    """Do what the OTLP exporter does, and throw the bytes away."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        encode_spans(spans).SerializeToString()
        return SpanExportResult.SUCCESS


class Switch(SpanProcessor):
    """Be one of two processors: its methods are the other's.

    A frame of its own would be the application's, which a place is looked for in.
    """

    def __init__(self, processor: SpanProcessor) -> None:
        self.turn_to(processor)

    def turn_to(self, processor: SpanProcessor) -> None:
        """Hand what starts and ends from now on to another processor."""
        self.processor = processor
        for name in ("on_start", "on_end", "shutdown"):
            setattr(self, name, getattr(processor, name))


@dataclass(frozen=True, slots=True)
class Turn:
    """Hold what one request took."""

    cpu_ms: float
    wall_ms: float
    spans: int


class Scene:
    """Hold a clinic whose telemetry can be exchanged."""

    def __init__(self, app: Flask, switch: Switch, telemetry: Telemetry, clinic_name: str) -> None:
        self._client = app.test_client()
        self._engine = app.extensions[EXTENSION]
        self._query = {"clinic": clinic_name, "strategy": "naive"}
        self._switch = switch
        self._batches = switch.processor
        self._counting = NPlusOneSpanProcessor(
            self._batches, meter_provider=telemetry.meter_provider
        )

    def turn(self, variant: str) -> Turn:
        """Answer one request with this telemetry."""
        self._switch.turn_to(self._batches if variant == TRACED else self._counting)
        uninstrument(self._engine)
        if variant == DESCRIBED:
            instrument(self._engine)
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        response = self._client.get("/success-stories", query_string=self._query)
        self._batches.force_flush()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        said = server_timing(response.headers["Server-Timing"])
        return Turn(1e3 * cpu, 1e3 * wall, int(said["spans"]))


def measure() -> Mapping[str, float | int | Table]:
    """Seed `demo`, let the variants take turns, and compare each with the one before it."""
    os.environ.update(DEFAULTS)
    rows = generate(DATASETS["demo"], seed=20)
    with tempfile.TemporaryDirectory(prefix="bench-live-") as name:
        url = f"sqlite:///{name}/clinic.db"
        store(url, rows)
        with _scene(url, Path(name), rows.clinic[CLINIC]["name"]) as scene:
            turns = _take_turns(scene)
    return {
        "processor_us_per_span_alone": _alone(),
        "spans_per_naive_request": turns[TRACED][0].spans,
        **_added(PROCESSOR, turns[TRACED], turns[PROCESSOR]),
        **_added("description", turns[PROCESSOR], turns[DESCRIBED]),
        "naive request": {variant: _row(taken) for variant, taken in turns.items()},
    }


def _alone() -> float:
    """Return the microseconds for a span where spans are all there is: the median of pairs."""
    meter_provider = MeterProvider([InMemoryMetricReader()], shutdown_on_exit=False)
    switch = Switch(SpanProcessor())
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(switch)
    counting = NPlusOneSpanProcessor(SpanProcessor(), meter_provider=meter_provider)
    taken: dict[SpanProcessor, list[float]] = {switch.processor: [], counting: []}
    for _ in range(ALONE_ROUNDS):
        for processor, times in taken.items():
            switch.turn_to(processor)
            times.append(_request_alone(provider.get_tracer("bench")))
    without, with_it = taken.values()
    added_s = statistics.median(b - a for a, b in zip(without, with_it, strict=True))
    return round(1e6 * added_s / ALONE_SPANS, 1)


def _request_alone(tracer: Tracer) -> float:
    """Make the spans of a request; return the seconds of CPU."""
    cpu = time.process_time()
    with tracer.start_as_current_span("GET /", kind=SpanKind.SERVER):
        for number in range(ALONE_SPANS):
            attributes = {**DB_SPAN, VALUES_HASH: f"{number:016x}"}
            tracer.start_span("SELECT cat", kind=SpanKind.CLIENT, attributes=attributes).end()
    return time.process_time() - cpu


def _take_turns(scene: Scene) -> dict[str, list[Turn]]:
    turns: dict[str, list[Turn]] = {variant: [] for variant in VARIANTS}
    for number in range(ROUNDS + 1):
        # To and fro, so that none of them is always the one after another.
        for variant in VARIANTS if number % 2 else reversed(VARIANTS):
            turn = scene.turn(variant)
            if number > 0:  # the first warms caches
                turns[variant].append(turn)
    return turns


def _added(what: str, before: Sequence[Turn], after: Sequence[Turn]) -> dict[str, float]:
    pairs = zip(before, after, strict=True)
    added_ms = statistics.median(b.cpu_ms - a.cpu_ms for a, b in pairs)
    before_ms = statistics.median(turn.cpu_ms for turn in before)
    return {
        f"{what}_us_per_span": round(1e3 * added_ms / before[0].spans, 1),
        f"{what}_percent_of_naive_request": round(100 * added_ms / before_ms, 1),
    }


def _undisturbed(turns: Sequence[Turn]) -> float:
    """Return the milliseconds of CPU that the quickest tenth does not exceed."""
    return sorted(turn.cpu_ms for turn in turns)[len(turns) // 10]


def _row(turns: Sequence[Turn]) -> dict[str, float | int]:
    return {
        "cpu_ms_quickest_tenth": round(_undisturbed(turns), 1),
        "cpu_ms_median": round(statistics.median(turn.cpu_ms for turn in turns), 1),
        "wall_ms_median": round(statistics.median(turn.wall_ms for turn in turns), 1),
    }


@contextmanager
def _scene(url: str, folder: Path, clinic_name: str) -> Iterator[Scene]:
    meter_provider = MeterProvider([InMemoryMetricReader()], shutdown_on_exit=False)
    tracer_provider = TracerProvider(shutdown_on_exit=False)
    batches = BatchSpanProcessor(EncodingExporter())
    switch = Switch(batches)
    tracer_provider.add_span_processor(switch)
    telemetry = Telemetry(tracer_provider, meter_provider)
    settings = Settings(
        database_url=url, flags_file=folder / "flags.json", allow_strategy_override=True
    )
    app = create_app(settings, telemetry)
    try:
        yield Scene(app, switch, telemetry, clinic_name)
    finally:
        close_app(app)
        telemetry.shutdown()
