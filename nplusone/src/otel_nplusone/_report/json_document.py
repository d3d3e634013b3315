"""Write the report for programs; its schema is report.schema.json, next to this module."""

import json
import math
from importlib import resources
from typing import Any

from otel_nplusone._core.summary import Summary
from otel_nplusone._predict.growth import Growth
from otel_nplusone._predict.interval import Interval
from otel_nplusone._predict.model import Figures, Outlook, Prediction
from otel_nplusone.scan import Result

_NS_IN_MS = 1_000_000


def render(result: Result, _backend: str = "") -> str:
    """Return a JSON document, as report.schema.json describes it."""
    return json.dumps(document(result), indent=2, ensure_ascii=False) + "\n"


def schema() -> str:
    """Return the JSON Schema of the report."""
    return (resources.files(__package__) / "report.schema.json").read_text("utf-8")


def document(result: Result) -> dict[str, Any]:
    """Return the report as plain values."""
    return {
        "findings": [_finding(summary) for summary in result.findings],
        "traces_read": result.traces_read,
        "spans_read": result.spans_read,
        "incomplete_traces": result.incomplete_traces,
        "judged": result.judged,
        "unjudged": result.unjudged,
        "warnings": list(result.warnings),
        "predictions": [_outlook(one) for one in result.outlooks],
    }


def _finding(summary: Summary) -> dict[str, Any]:
    return {
        "class": summary.repeat_class.value,
        "service": summary.service,
        "route": summary.route,
        "kind": summary.kind.value,
        "statement": summary.statement,
        "fingerprint": summary.fingerprint,
        "traces": summary.traces,
        "repeats": {"p50": summary.repeats_p50, "max": summary.repeats_max},
        "distinct_values": summary.distinct_values,
        "total_ms": round(summary.total_ns / _NS_IN_MS, 3),
        "request_ms": round(summary.request_ns / _NS_IN_MS, 3),
        "negligible": summary.is_negligible,
        "share_of_request": round(summary.share_of_request, 4),
        "source_statement": summary.source_statement,
        "code": summary.code,
        "path": summary.path,
        "places": list(summary.places),
        "place_counts": list(summary.place_counts),
        "fan_out": summary.fan_out,
        "same_values": list(summary.same_values),
        "callee": summary.callee,
        "callee_statement": summary.callee_statement,
        "relationship": summary.relationship,
        "load": summary.load,
        "framework": summary.framework,
        "common_ancestor": summary.common_ancestor,
        "overlapping": summary.overlapping,
        "incomplete": summary.incomplete,
        "advice": summary.advice,
        "worst_trace_id": summary.worst_trace_id,
        "trace_ids": list(summary.trace_ids),
    }


def _outlook(outlook: Outlook) -> dict[str, Any]:
    return {
        "service": outlook.service,
        "route": outlook.route,
        "requests": outlook.requests,
        "sampled": outlook.sampled,
        "in_flight": round(outlook.in_flight, 2),
        "before": _figures(outlook.before),
        "repairs": [
            {
                "repair": one.repair.value,
                "mends": list(one.mends),
                **_figures(one),
                "capacity": _interval(one.capacity),
                "growth": _growth(one.growth),
            }
            for one in outlook.predictions
        ],
        "growth": _growth(outlook.growth),
        "notes": list(outlook.notes),
    }


def _figures(of: Figures | Prediction) -> dict[str, Any]:
    return {
        "statements": _interval(of.statements),
        "p50_ms": _interval(of.p50_ns.times(1 / _NS_IN_MS)),
        "p95_ms": _interval(of.p95_ns.times(1 / _NS_IN_MS)),
    }


def _growth(growth: Growth | None) -> dict[str, Any] | None:
    if growth is None:
        return None
    repeats = growth.repeats
    return {
        "counted": growth.counted,
        "smallest": growth.smallest,
        "largest": growth.largest,
        "repeats": {"a": round(repeats.intercept, 3), "b": _interval(repeats.slope)},
        "ms_per_row": _interval(growth.duration.slope.times(1 / _NS_IN_MS)),
        "residual_ms": round(growth.duration.residual / _NS_IN_MS, 3),
        "limit_ms": growth.limit_ns / _NS_IN_MS,
        "rows_at_limit": _interval(growth.rows_at_limit) if growth.rows_at_limit else None,
    }


def _interval(interval: Interval) -> dict[str, float | None]:
    """Return the three values; JSON has no infinity, and an end that is not known is null."""
    ends = {"low": interval.low, "mid": interval.mid, "high": interval.high}
    return {name: round(end, 4) if math.isfinite(end) else None for name, end in ends.items()}
