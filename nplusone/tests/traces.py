"""Draw traces: spans from a few words, each a millisecond after the one before."""

from collections.abc import Iterable, Mapping
from itertools import count

from otel_nplusone._core.model import Span, SpanKind, Trace

MS = 1_000_000
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


class Drawing:
    """Build one trace; each method returns the id of the span that it adds."""

    def __init__(
        self,
        trace_id: str = TRACE_ID,
        service: str = "clinic",
        start: int = 1_000_000_000 * MS,
        origin: str = "python opentelemetry.instrumentation.sqlalchemy",
    ) -> None:
        self.origin = origin
        self.trace_id = trace_id
        self.service = service
        self.spans: list[Span] = []
        self._numbers = count(1)
        self._now = start

    def span(
        self,
        parent: str = "",
        *,
        name: str = "work",
        kind: int = SpanKind.INTERNAL,
        attributes: Mapping[str, object] | None = None,
        ms: float = 1,
        failed: bool = False,
        service: str = "",
        start: int | None = None,
    ) -> str:
        start = self._now if start is None else start
        end = start + round(ms * MS)
        self._now = max(self._now, end)
        span_id = f"{next(self._numbers):016x}"
        self.spans.append(
            Span(
                self.trace_id,
                span_id,
                parent,
                service or self.service,
                name,
                int(kind),
                start,
                end,
                failed,
                attributes or {},
                self.origin,
            )
        )
        return span_id

    def server(self, route: str = "/cats", *, parent: str = "", ms: float = 1_000) -> str:
        attributes = {"http.request.method": "GET", "http.route": route}
        now = self._now
        span_id = self.span(
            parent, name=f"GET {route}", kind=SpanKind.SERVER, attributes=attributes, ms=ms
        )
        self._now = now
        return span_id

    def sql(
        self,
        parent: str,
        text: str,
        *,
        ms: float = 1,
        failed: bool = False,
        start: int | None = None,
        **attributes: object,
    ) -> str:
        plain = {key.replace("__", "."): value for key, value in attributes.items()}
        known: dict[str, object] = {"db.query.text": text, "db.system.name": "sqlite"}
        return self.span(
            parent,
            name="SELECT demo",
            kind=SpanKind.CLIENT,
            attributes=known | plain,
            ms=ms,
            failed=failed,
            start=start,
        )

    def many(self, parent: str, texts: Iterable[str]) -> list[str]:
        return [self.sql(parent, text) for text in texts]

    def trace(self) -> Trace:
        return Trace(self.trace_id, tuple(self.spans))
