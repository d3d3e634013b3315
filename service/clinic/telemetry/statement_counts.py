"""Count how often each statement was sent: the service's own half of `make reconcile`.

The counts come from where a statement is sent, and not from spans, with which they are compared.
The label of a metric is too short for a statement: its digest stands for it, which can be computed
from the text in a span.
"""

import hashlib
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

from flask import Flask
from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from sqlalchemy import Engine

from clinic.telemetry import request_stats

METRIC = "clinic.sql.statements"
DIGEST = "clinic.sql.digest"
# A pathological caller who builds statements by hand must not fill the process's memory.
MAX_STATEMENTS = 500
OTHERS = "(others)"


class StatementCounts:
    """Add up the statements of one engine, except those of health checks, which leave no span."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def add(self, texts: Mapping[str, int]) -> None:
        """Add how often each statement was sent: once for a request, and not for each statement."""
        with self._lock:
            for text, count in texts.items():
                known = text in self._counts or len(self._counts) < MAX_STATEMENTS
                self._counts[text if known else OTHERS] += count

    def observe(self, _options: CallbackOptions) -> Iterable[Observation]:
        """Yield the count of each statement so far."""
        with self._lock:
            counts = dict(self._counts)
        for text, count in counts.items():
            yield Observation(count, {DIGEST: digest(text)})


@lru_cache(maxsize=1024)
def digest(text: str) -> str:
    """Return the first 16 digits of the text's SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def init_app(app: Flask, engine: Engine, meter_provider: MeterProvider) -> None:
    """Count what the engine sends from now on, and let the meter tell it."""
    counts = StatementCounts()
    listener = request_stats.listener_of(engine)
    listener.is_wanted = is_instrumentation_enabled
    listener.outside = lambda text: counts.add({text: 1})

    def add_up(_error: BaseException | None) -> None:
        stats = request_stats.current()
        if stats is not None:
            counts.add(stats.texts)
            stats.texts = {}

    app.teardown_request(add_up)
    meter_provider.get_meter(__name__).create_observable_counter(
        METRIC,
        callbacks=[counts.observe],
        unit="{statement}",
        description="SQL statements sent, by statement.",
    )
