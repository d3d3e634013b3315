"""Serve as instrumented services do, with the processor under test."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Span, SpanKind

from otel_nplusone._live.requests import RunningRequests
from otel_nplusone.live import NPlusOneSpanProcessor

ONE = "SELECT cat.name FROM cat WHERE cat.id = ?"
CHUNK = f"SELECT cat.name FROM cat WHERE cat.id IN ({', '.join('?' * 500)})"


class Service:
    """Keep the spans and metrics of a service in memory."""

    def __init__(self, requests: RunningRequests | None = None, *, fold: bool = False) -> None:
        self._exporter = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        self.processor = NPlusOneSpanProcessor(
            SimpleSpanProcessor(self._exporter),
            meter_provider=MeterProvider([self._reader], shutdown_on_exit=False),
            requests=requests,
            fold=fold,
        )
        self.provider = TracerProvider(shutdown_on_exit=False)
        self.provider.add_span_processor(self.processor)
        self.tracer = self.provider.get_tracer("test")

    @contextmanager
    def request(self, route: str = "/cats", kind: SpanKind = SpanKind.SERVER) -> Iterator[Span]:
        attributes = {"http.request.method": "GET", "http.route": route}
        with self.tracer.start_as_current_span(
            f"GET {route}", kind=kind, attributes=attributes
        ) as span:
            yield span

    def query(
        self, sql: str = ONE, value: int = 0, context: Context | None = None, **attributes: Any
    ) -> None:
        self.start_query(sql, value, context, **attributes).end()

    def start_query(
        self, sql: str = ONE, value: int = 0, context: Context | None = None, **attributes: Any
    ) -> Span:
        return self.tracer.start_span(
            "SELECT cat",
            context,
            kind=SpanKind.CLIENT,
            attributes={
                "db.query.text": sql,
                "db.system.name": "sqlite",
                "nplusone.values_hash": f"{value:016x}",
                **attributes,
            },
        )

    def queries(self, count: int, sql: str = ONE) -> None:
        for value in range(count):
            self.query(sql, value)

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        return self._exporter.get_finished_spans()

    @property
    def marks(self) -> list[dict[str, Any]]:
        """Return the attributes of the processor, of each entry span in the order of their ends."""
        return [
            {
                key.removeprefix("nplusone."): value
                for key, value in (span.attributes or {}).items()
                if key.startswith("nplusone.")
            }
            for span in self.spans
            if "http.route" in (span.attributes or {})
        ]

    def points(self, metric: str) -> list[Any]:
        data = self._reader.get_metrics_data()
        return [
            point
            for resource in (data.resource_metrics if data is not None else ())
            for scope in resource.scope_metrics
            for one in scope.metrics
            if one.name == metric
            for point in one.data.data_points
        ]
