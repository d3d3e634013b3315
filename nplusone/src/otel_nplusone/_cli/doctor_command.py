"""Run `otel-nplusone doctor`: say why a service's traces do not arrive, or tell too little."""

import argparse
from typing import TYPE_CHECKING

from otel_nplusone._cli.exit_codes import CLEAN, FINDINGS
from otel_nplusone._cli.options import seconds
from otel_nplusone.doctor import PATIENCE_S, State, examine

if TYPE_CHECKING:
    from argparse import _SubParsersAction

_EXAMPLES = """\
examples:
  otel-nplusone doctor http://127.0.0.1:5000/books
  otel-nplusone doctor http://127.0.0.1:5000/books --header 'Cookie: session=…' \\
      --backend http://jaeger:16686 --wait 1m

exit codes: 0 all is fine, 1 something is wrong, 2 bad usage
"""


def add_parser(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "doctor",
        help="follow one request of a service to its stored trace",
        description="Ask for one page, wait for its trace, and say what is wrong on the way.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "url", metavar="URL", help="a page of the service that reads from its database"
    )
    parser.add_argument(
        "--backend",
        default="http://127.0.0.1:16686",
        metavar="URL",
        help="Jaeger, or what speaks its API (default %(default)s)",
    )
    parser.add_argument("--service", default="", metavar="S", help="the service's name there")
    parser.add_argument(
        "--header",
        type=_header,
        action="append",
        default=[],
        metavar="'NAME: VALUE'",
        help="sent with the request, several times if there are several",
    )
    parser.add_argument(
        "--wait",
        type=seconds,
        default=PATIENCE_S,
        metavar="TIME",
        help=f"how long the trace may take to arrive (default {PATIENCE_S:g}s)",
    )
    parser.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    wrong = False
    for diagnosis in examine(
        asked.url,
        asked.backend,
        service=asked.service,
        headers=dict(asked.header),
        patience_s=asked.wait,
    ):
        print(diagnosis, flush=True)
        wrong = wrong or diagnosis.state is State.WRONG
    return FINDINGS if wrong else CLEAN


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not a header: say 'NAME: VALUE'")
    return name.strip(), value.strip()
