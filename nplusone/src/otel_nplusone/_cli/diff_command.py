"""Run `otel-nplusone diff`: show what a change did to the statements of a request."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from otel_nplusone._cli.diff import Row, Side, rows, side
from otel_nplusone._cli.exit_codes import CLEAN
from otel_nplusone._cli.options import add_source_options, search
from otel_nplusone._cli.progress import counted
from otel_nplusone._core.excerpt import shorten
from otel_nplusone._core.words import duration
from otel_nplusone._read.skipped import Skipped
from otel_nplusone.errors import SourceError
from otel_nplusone.scan import Wanted, whole_traces

if TYPE_CHECKING:
    from argparse import _SubParsersAction

_NS_IN_MS = 1_000_000
_EXAMPLES = """\
examples:
  otel-nplusone diff before.json after.json --route '/success-stories'
  otel-nplusone diff http://127.0.0.1:16686/trace/4bf9… http://127.0.0.1:16686/trace/0af7…
  otel-nplusone diff traces.json traces.json --route-a '/v1/*' --route-b '/v2/*'
  otel-nplusone diff http://127.0.0.1:16686 http://127.0.0.1:16686 --service-a old --service-b new
"""


def add_parser(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "diff",
        help="compare two traces, sources or routes",
        description="Compare the statements of one request: how many, how often, how long.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("before", metavar="A", help="an address, a trace's page, a file, or -")
    parser.add_argument("after", metavar="B", help="the same")
    add_source_options(parser)
    parser.add_argument("--route", default="", metavar="R", help="this route alone, on both sides")
    for name in ("a", "b"):
        parser.add_argument(
            f"--service-{name}", default="", metavar="S", help=f"the service of {name.upper()}"
        )
        parser.add_argument(
            f"--route-{name}", default="", metavar="R", help=f"the route of {name.upper()}"
        )
    parser.add_argument("--format", choices=["text", "json"], default="text")
    parser.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    before = _side(asked.before, _wanted(asked, asked.service_a, asked.route_a))
    after = _side(asked.after, _wanted(asked, asked.service_b, asked.route_b))
    found = rows(before, after)
    if asked.format == "json":
        print(json.dumps(_document(before, after, found), indent=2, ensure_ascii=False))
    else:
        print(_text(before, after, found), end="")
    return CLEAN


def _wanted(asked: argparse.Namespace, service: str, route: str) -> Wanted:
    """Return what is looked for on one side: what is said for it, or for both."""
    both = search(asked)
    return Wanted(replace(both, service=service or both.service), route or asked.route)


def _side(source: str, wanted: Wanted) -> Side:
    warnings = Skipped()
    with whole_traces([source], wanted.search, warnings, counted) as traces:
        found = side(traces, wanted)
    found.warnings = warnings.lines()
    for warning in found.warnings:
        print(f"otel-nplusone: warning: {warning}", file=sys.stderr)
    if not found.requests:
        asked = (("service", wanted.search.service), ("route", wanted.route))
        words = " and ".join(f"{name} {value!r}" for name, value in asked if value)
        of = f" of {words}" if words else ""
        raise SourceError(f"{source}: no request{of} sends a statement: nothing to compare")
    return found


def _text(before: Side, after: Side, found: Sequence[Row]) -> str:
    lines = [f"{'':24}{'A':>14}{'B':>14}"]
    lines += [
        f"{label:24}{a:>14}{b:>14}"
        for label, a, b in (
            ("requests", f"{before.requests:,}", f"{after.requests:,}"),
            ("incomplete traces", f"{before.incomplete_traces:,}", f"{after.incomplete_traces:,}"),
            (
                "statements, median",
                _number(before.statements_p50),
                _number(after.statements_p50),
            ),
            (
                "request, median",
                duration(before.duration_p50_ns),
                duration(after.duration_p50_ns),
            ),
        )
    ]
    lines += ["", f"{'times a request':>21}{'time a request':>24}   statement"]
    lines += [_row(row) for row in found]
    return "\n".join(lines) + "\n"


def _row(row: Row) -> str:
    times = f"{_number(row.repeats[0])} → {_number(row.repeats[1])}"
    ns = f"{duration(row.ns[0])} → {duration(row.ns[1])}"
    return f"{times:>21}{ns:>24}   {shorten(row.statement, 120)}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def _document(before: Side, after: Side, found: Sequence[Row]) -> dict[str, Any]:
    return {
        "a": _side_document(before),
        "b": _side_document(after),
        "statements": [
            {
                "fingerprint": row.fingerprint,
                "statement": row.statement,
                "repeats": {"a": row.repeats[0], "b": row.repeats[1]},
                "ms": {"a": row.ns[0] / _NS_IN_MS, "b": row.ns[1] / _NS_IN_MS},
            }
            for row in found
        ],
    }


def _side_document(one: Side) -> dict[str, Any]:
    return {
        "requests": one.requests,
        "incomplete_traces": one.incomplete_traces,
        "statements_p50": one.statements_p50,
        "duration_ms_p50": one.duration_p50_ns / _NS_IN_MS,
        "warnings": one.warnings,
    }
