"""Count in a dictionary what the SDK counts for each span, and tell its sums when they are read.

The SDK's tracers count every span three times: started, live, and no longer live. Each of these is
a measurement, with its views, its exemplar and its lock, which takes as long as the span itself.
Nobody looks at one of these measurements: a reader wants the sum, every five seconds.

    TracerProvider(meter_provider=SummingMeterProvider(provider))
      tracer ── add(1, …) ──► a dictionary ◄── asked when metrics are read ── provider
"""

import threading
from collections.abc import Iterable
from typing import Any

from opentelemetry.context import Context
from opentelemetry.metrics import (
    CallbackOptions,
    Counter,
    Meter,
    MeterProvider,
    NoOpMeter,
    Observation,
    UpDownCounter,
)
from opentelemetry.util.types import Attributes

Key = tuple[tuple[str, Any], ...]


class SummingMeterProvider(MeterProvider):
    """Give meters whose counters are sums of another provider's meters. They have no exemplars."""

    def __init__(self, provider: MeterProvider) -> None:
        super().__init__()
        self._provider = provider
        self._lock = threading.Lock()
        self._meters: dict[tuple[str, str | None, str | None], Meter] = {}

    def get_meter(
        self,
        name: str,
        version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> Meter:
        """Return the meter of this name, the same each time: the tracers of a provider share it."""
        key = (name, version, schema_url)
        with self._lock:
            meter = self._meters.get(key)
            if meter is None:
                real = self._provider.get_meter(name, version, schema_url, attributes)
                meter = self._meters[key] = _SummingMeter(name, version, schema_url, real)
            return meter


class _SummingMeter(NoOpMeter):
    """Make counters, which is all that a tracer asks for."""

    def __init__(self, name: str, version: str | None, schema_url: str | None, real: Meter) -> None:
        super().__init__(name, version, schema_url)
        self._real = real
        self._instruments_lock = threading.Lock()
        self._sums: dict[tuple[str, str, str, bool], _Sum] = {}

    def create_counter(self, name: str, unit: str = "", description: str = "") -> Counter:
        return self._sum(name, unit, description, is_monotonic=True)

    def create_up_down_counter(
        self, name: str, unit: str = "", description: str = ""
    ) -> UpDownCounter:
        return self._sum(name, unit, description, is_monotonic=False)

    def _sum(self, name: str, unit: str, description: str, *, is_monotonic: bool) -> "_Sum":
        key = (name, unit, description, is_monotonic)
        with self._instruments_lock:
            known = self._sums.get(key)
            if known is None:
                known = self._sums[key] = _Sum(name, unit, description)
                create = (
                    self._real.create_observable_counter
                    if is_monotonic
                    else self._real.create_observable_up_down_counter
                )
                create(name, callbacks=[known.observe], unit=unit, description=description)
            return known


class _Sum(Counter, UpDownCounter):
    """Add up by attributes."""

    def __init__(self, name: str, unit: str = "", description: str = "") -> None:
        # Re-entrant: a span can end in a finalizer that runs while this thread holds the lock.
        self._lock = threading.RLock()
        self._sums: dict[Key, int | float] = {}

    def add(
        self, amount: int | float, attributes: Attributes = None, context: Context | None = None
    ) -> None:
        key = tuple(attributes.items()) if attributes else ()
        with self._lock:
            self._sums[key] = self._sums.get(key, 0) + amount

    def observe(self, _options: CallbackOptions) -> Iterable[Observation]:
        """Return the sums so far."""
        with self._lock:
            sums = list(self._sums.items())
        return [Observation(total, dict(key)) for key, total in sums]
