"""Hold one verdict on the same spans: scan, tracestore's page, span processor, test fixture."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from nplusone.tests.core.hard_cases import REPORTED, SIBLINGS, drawn, load
from nplusone.tests.corpus import score
from nplusone.tests.corpus.cases import CASES
from nplusone.tests.formats import lines, otlp_json, otlp_protobuf
from nplusone.tests.replay import replay
from otel_nplusone._core.detect import find_n_plus_one
from otel_nplusone._core.model import Finding, Trace
from otel_nplusone._report.json_document import document
from otel_nplusone._testing.span_findings import FindingsProcessor, SpanFindings
from otel_nplusone.live import NPlusOneSpanProcessor
from otel_nplusone.scan import Wanted, scan
from tracestore.findings import Judgement
from tracestore.store.reader import StoredSpans

Said = set[tuple[str, str, str, int]]


def all_of(sibling: str) -> list[Trace]:
    return [drawn(sibling)]


TRACES: dict[str, Callable[[], Sequence[Trace]]] = {
    **{case.name: partial(score.load, case) for case in CASES},
    **{name: partial(load, name) for name in REPORTED},
    **{name: partial(all_of, name) for name in SIBLINGS},
}


def said(findings: Iterable[Finding]) -> Said:
    return {
        (f.entry.route, f.what.repeat_class.value, f.what.fingerprint, f.what.repeats)
        for f in findings
    }


def of_report(report: dict[str, Any]) -> Said:
    return {
        (f["route"], f["class"], f["fingerprint"], f["repeats"]["max"]) for f in report["findings"]
    }


def by_service(trace: Trace) -> Iterator[tuple[str, Trace]]:
    for service in dict.fromkeys(span.service for span in trace.spans):
        spans = tuple(span for span in trace.spans if span.service == service)
        yield service, Trace(trace.trace_id, spans)


def stored(trace: Trace) -> list[StoredSpans]:
    parts = []
    for service, part in by_service(trace):
        message = TracesData.FromString(otlp_protobuf(part.spans, service)).resource_spans[0]
        resource = type(message)(resource=message.resource).SerializeToString()
        bodies = [span.SerializeToString() for span in message.scope_spans[0].spans]
        parts.append(StoredSpans(service, resource, b"", bodies))
    return parts


def seen_in_a_test(trace: Trace) -> SpanFindings:
    """Return what the fixture of the pytest plugin finds."""
    found = SpanFindings()
    replay(trace, lambda _: FindingsProcessor(found))
    return found


def marks(trace: Trace) -> dict[int, tuple[str, int, str]]:
    """Return what the span processor writes on entry spans, by their ids."""
    exporter = InMemorySpanExporter()
    replay(trace, lambda _: NPlusOneSpanProcessor(SimpleSpanProcessor(exporter)))
    found = {}
    for span in exporter.get_finished_spans():
        attributes, context = span.attributes or {}, span.get_span_context()
        if context is not None and attributes.get("nplusone.detected"):
            found[context.span_id] = (
                str(attributes["nplusone.class"]),
                int(str(attributes["nplusone.repeats"])),
                str(attributes["nplusone.fingerprint"]),
            )
    return found


def worst(findings: Iterable[Finding]) -> dict[int, tuple[str, int, str]]:
    """Return the longest finding of each entry span that was recorded."""
    found: dict[int, tuple[str, int, str]] = {}
    for f in findings:
        if f.entry.duration_ns:
            what = (f.what.repeat_class.value, f.what.repeats, f.what.fingerprint)
            found.setdefault(int(f.entry.span_id, 16), what)
    return found


@pytest.mark.parametrize("name", TRACES)
def test_all_four_ways_say_the_same(name: str, tmp_path: Path) -> None:
    for trace in TRACES[name]():
        findings = find_n_plus_one(trace)
        path = tmp_path / trace.trace_id
        path.write_bytes(
            lines(*(otlp_json(part.spans, service) for service, part in by_service(trace)))
        )

        scanned = document(scan([str(path)], Wanted()))

        assert of_report(scanned) == said(findings)
        assert of_report(Judgement(stored(trace)).document()) == said(findings)
        assert said(seen_in_a_test(trace)) == said(findings)
        assert marks(trace) == worst(findings)


def test_a_test_judges_the_spans_of_its_block_alone(
    nplusone_findings: Callable[..., Any],
) -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    tracer = provider.get_tracer("test")

    def page() -> None:
        with tracer.start_as_current_span("GET /cats"):
            for number in range(6):
                attributes = {"db.system": "sqlite", "db.statement": f"SELECT {number} FROM cat"}
                tracer.start_span("SELECT", attributes=attributes).end()

    with nplusone_findings(provider) as found:
        page()
        assert len(found) == 1
        page()
    page()

    assert [f.what.repeats for f in found] == [6, 6]
    assert "n_plus_one in GET /cats: 6 × SELECT ? FROM cat" in repr(found)
