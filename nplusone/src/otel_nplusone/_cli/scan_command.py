"""Run `otel-nplusone scan`: show what is wrong in traces."""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from otel_nplusone._cli.acknowledged import read_acknowledged, without_acknowledged
from otel_nplusone._cli.baseline import read_baseline, without
from otel_nplusone._cli.exit_codes import BAD_INPUT, CLEAN, FINDINGS
from otel_nplusone._cli.options import (
    add_min_repeats,
    add_source_options,
    kinds,
    search,
    seconds,
    share,
)
from otel_nplusone._cli.progress import counted
from otel_nplusone._core.model import Kind, RepeatClass
from otel_nplusone._predict.model import DEFAULT_LIMIT_NS
from otel_nplusone._read.http_json import is_url
from otel_nplusone._read.jaeger_api import trace_page
from otel_nplusone._report import (
    json_document as report_json,
)
from otel_nplusone._report import (
    markdown as report_markdown,
)
from otel_nplusone._report import (
    sarif as report_sarif,
)
from otel_nplusone._report import (
    text as report_text,
)
from otel_nplusone.scan import Result, Wanted, scan

if TYPE_CHECKING:
    from argparse import _SubParsersAction

RENDERERS: dict[str, Callable[[Result, str], str]] = {
    "text": report_text.render,
    "json": report_json.render,
    "markdown": report_markdown.render,
    "sarif": report_sarif.render,
}
_NS_IN_S = 1_000_000_000
FAULTS = [c.value for c in RepeatClass if c.is_fault]
_EXAMPLES = """\
examples:
  otel-nplusone scan traces.json
  otel-nplusone scan http://127.0.0.1:16686 --service cat-clinic --since 10m
  otel-nplusone scan traces.jsonl.gz --format json > baseline.json
  otel-nplusone scan traces.jsonl.gz --baseline baseline.json --fail-on n_plus_one nested
  otel-nplusone scan traces.jsonl.gz --predict --limit 2s

exit codes: 0 clean, 1 findings, 2 bad usage or input, or nothing that could be judged
"""


def add_parser(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "scan",
        help="find N+1 queries in traces",
        description="Find N+1 queries in the traces of a backend, of files or of standard input.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "sources",
        nargs="*",
        metavar="SOURCE",
        help="the address of a Jaeger or of one of its trace pages, a file, or - for stdin",
    )
    add_source_options(parser)
    parser.add_argument("--route", default="", metavar="R", help="this route alone; * matches all")
    add_min_repeats(parser)
    parser.add_argument(
        "--kinds",
        type=kinds,
        default=frozenset(Kind),
        metavar="K,…",
        help="judge these alone: sql, calls (all the others), nosql, http, rpc, messaging",
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="exit with 2 if anything could not be read or judged, for CI",
    )
    parser.add_argument(
        "--baseline", type=Path, metavar="FILE", help="a JSON report whose findings are accepted"
    )
    parser.add_argument(
        "--acknowledged",
        type=Path,
        metavar="FILE",
        help="TOML that says which findings are accepted: what, who, why, until when",
    )
    parser.add_argument(
        "--min-time",
        type=seconds,
        default=0.0,
        metavar="TIME",
        help="leave out what takes less of a request, 5ms",
    )
    parser.add_argument(
        "--min-share",
        type=share,
        default=0.0,
        metavar="SHARE",
        help="leave out what takes less of a request's time, 2%%",
    )
    parser.add_argument(
        "--predict",
        action="store_true",
        help="say what mending each N+1 would bring: statements, p50, p95, capacity, growth",
    )
    parser.add_argument(
        "--limit",
        type=seconds,
        default=None,
        metavar="TIME",
        help="of --predict: say at which size a request takes longer, 2s (default 1s)",
    )
    parser.add_argument("--format", choices=list(RENDERERS), default="text")
    parser.add_argument(
        "--fail-on",
        nargs="+",
        action="extend",
        choices=[*FAULTS, "none"],
        metavar="CLASS",
        help=f"end with 1 for these alone: {', '.join(FAULTS)}, none (default: any)",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of the report")
    parser.set_defaults(run=_run, parser=parser)


def _run(asked: argparse.Namespace) -> int:
    if asked.schema:
        print(report_json.schema(), end="")
        return CLEAN
    if not asked.sources:
        asked.parser.error("no SOURCE: give an address, a file, or - for standard input")
    if asked.limit is not None and not (asked.predict and asked.limit):
        asked.parser.error("--limit needs --predict, and a time above 0")
    accepted = read_baseline(asked.baseline) if asked.baseline else frozenset()
    entries = read_acknowledged(asked.acknowledged) if asked.acknowledged else []
    found = scan(asked.sources, _wanted(asked), iter if asked.quiet else counted)
    unjudged = found.warnings if asked.strict else ()
    heard = without_acknowledged(found, entries, date.today(), is_whole=_is_whole(found, asked))
    shown = without(heard, accepted)
    # The text report has them, too: a terminal need not show them twice.
    is_shown = asked.format == "text" and sys.stdout.isatty()
    for warning in () if is_shown else heard.warnings:
        print(f"otel-nplusone: warning: {warning}", file=sys.stderr)
    for less, why in (
        (found.quiet, "take less than --min-time or --min-share"),
        (len(found.findings) - len(heard.findings), f"acknowledged in {asked.acknowledged}"),
        (len(heard.findings) - len(shown.findings), f"known, accepted by {asked.baseline}"),
    ):
        if less:
            print(f"otel-nplusone: {less} {why}", file=sys.stderr)
    print(RENDERERS[asked.format](shown, _backend(asked.sources)), end="")
    return _exit_code(shown, asked.fail_on or FAULTS, unjudged)


def _wanted(asked: argparse.Namespace) -> Wanted:
    return Wanted(
        search(asked),
        asked.route,
        asked.min_repeats,
        asked.kinds,
        min_ns=round(asked.min_time * _NS_IN_S),
        min_share=asked.min_share,
        limit_ns=_limit_ns(asked),
    )


def _limit_ns(asked: argparse.Namespace) -> float:
    """Return the duration that is too long; 0 where nothing is to be predicted."""
    if not asked.predict:
        return 0.0
    return DEFAULT_LIMIT_NS if asked.limit is None else float(asked.limit * _NS_IN_S)


def _is_whole(found: Result, asked: argparse.Namespace) -> bool:
    """Tell whether nothing was left out that an acknowledgement might be of."""
    narrowed = asked.service or asked.route or asked.kinds != frozenset(Kind)
    return bool(found.judged) and not narrowed and not found.quiet


def _backend(sources: list[str]) -> str:
    """Return the address that links go to: that of the only backend."""
    urls = [source for source in sources if is_url(source)]
    if len(urls) != 1:
        return ""
    page = trace_page(urls[0])
    return page[0] if page else urls[0]


def _exit_code(result: Result, fail_on: list[str], unjudged: Sequence[str]) -> int:
    """Choose the exit code: findings come first; what was not judged is not called clean."""
    if any(finding.repeat_class.value in fail_on for finding in result.findings):
        return FINDINGS
    is_unknown = result.judged == 0 or bool(unjudged)
    return BAD_INPUT if is_unknown else CLEAN
