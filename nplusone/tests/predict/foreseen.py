"""Predict from drawn traces, without a file between."""

from collections.abc import Iterable

from otel_nplusone._core.detect import findings_of, tallies
from otel_nplusone._core.model import Trace
from otel_nplusone._core.tree import Tree
from otel_nplusone._predict.collect import Collector
from otel_nplusone.predict import Outlook, Prediction, Repair

NS_IN_MS = 1e6


def collected(traces: Iterable[Trace], *, limit_s: float = 1.0) -> Collector:
    """Collect the requests of traces."""
    collector = Collector(limit_s * 1e9)
    for trace in traces:
        tree = Tree(trace)
        tallied = dict(tallies(tree))
        collector.add(tree, tallied, findings_of(tree, tallied))
    return collector


def foreseen(traces: Iterable[Trace], *, limit_s: float = 1.0) -> Outlook:
    """Return the outlook of the only route."""
    (outlook,) = collected(traces, limit_s=limit_s).outlooks()
    return outlook


def only(outlook: Outlook, repair: Repair) -> Prediction:
    """Return what is said of a repair that mends all of the route."""
    (found,) = [one for one in outlook.together if one.repair is repair]
    return found
