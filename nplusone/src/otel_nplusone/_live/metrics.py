"""Measure what NPlusOneSpanProcessor sees."""

from typing import NamedTuple

from opentelemetry.context import Context
from opentelemetry.metrics import MeterProvider, get_meter
from opentelemetry.trace import NonRecordingSpan, SpanContext, set_span_in_context

STATEMENT_BUCKETS = (0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000)
# A service has fewer; names with an id in them must not make a time series each.
MAX_ROUTES = 200
OTHER_ROUTES = "_OTHER"


class Route(NamedTuple):
    """Name what an entry span is for; without an HTTP route, the template is the span's name."""

    method: str
    template: str


class LiveMetrics:
    """Record statements per request, findings, and spans that came too late to be counted.

    Routes have the attributes of http.server.request.duration, so that both can be joined.
    """

    def __init__(self, meter_provider: MeterProvider | None = None) -> None:
        meter = get_meter("otel_nplusone", meter_provider=meter_provider)
        self._statements = meter.create_histogram(
            "nplusone.request.statements",
            unit="{statement}",
            description="SQL statements within one entry span.",
            explicit_bucket_boundaries_advisory=STATEMENT_BUCKETS,
        )
        self._findings = meter.create_counter(
            "nplusone.findings",
            unit="{finding}",
            description="Repeated statements that are faults, by class.",
        )
        self._late = meter.create_counter(
            "nplusone.spans.late",
            unit="{span}",
            description="DB spans that ended after their entry span, or that have none.",
        )
        self._folded = meter.create_counter(
            "nplusone.spans.folded",
            unit="{span}",
            description="DB spans that were not sent, because another one stands for them.",
        )
        self._routes: set[Route] = set()

    def request(self, span: SpanContext, route: Route, statements: int) -> None:
        """Record how many statements an entry span had."""
        self._statements.record(statements, self._bounded(route), context=_exemplar(span))

    def finding(self, span: SpanContext, route: Route, repeat_class: str) -> None:
        """Record a finding in an entry span."""
        attributes = {**self._bounded(route), "nplusone.class": repeat_class}
        self._findings.add(1, attributes, context=_exemplar(span))

    def late(self) -> None:
        """Record a statement that could not be counted."""
        self._late.add(1)

    def folded(self, spans: int) -> None:
        """Record how many spans others stand for."""
        if spans:
            self._folded.add(spans)

    def _bounded(self, route: Route) -> dict[str, str]:
        if route not in self._routes:
            if len(self._routes) >= MAX_ROUTES:
                return {"http.route": OTHER_ROUTES}
            self._routes.add(route)
        method = {"http.request.method": route.method} if route.method else {}
        return {**method, "http.route": route.template}


def _exemplar(span: SpanContext) -> Context:
    """Return a context whose exemplar leads to this span: it is not the current one any more."""
    return set_span_in_context(NonRecordingSpan(span))
