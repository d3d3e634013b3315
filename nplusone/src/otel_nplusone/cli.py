"""Run the command line: `otel-nplusone scan`, `diff`, `run`, `doctor`.

Each subcommand is a module with add_parser(subparsers), which sets the default `run` of its
parser to a function from the parsed arguments to the exit code. Only the module that is asked for
is loaded: together they take longer to load than a version takes to print.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from otel_nplusone._cli.exit_codes import BAD_INPUT
from otel_nplusone.errors import NPlusOneError
from otel_nplusone.version import __version__

_SUBCOMMANDS = {
    "scan": "_cli.scan_command",
    "diff": "_cli.diff_command",
    "run": "_run.command",
    "doctor": "_cli.doctor_command",
}
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; return 0 clean, 1 findings, 2 bad usage or input."""
    arguments = sys.argv[1:] if arguments is None else arguments
    asked = _parser(arguments).parse_args(arguments)
    try:
        return int(asked.run(asked))
    except NPlusOneError as error:
        print(f"otel-nplusone: {error}", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BAD_INPUT
    except KeyboardInterrupt:
        return _INTERRUPTED


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="otel-nplusone", description="N+1 queries in traces.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in _needed(arguments):
        import_module(f"otel_nplusone.{_SUBCOMMANDS[name]}").add_parser(subparsers)
    return parser


def _needed(arguments: Sequence[str]) -> Sequence[str]:
    """Return the subcommand that is asked for, none for a version, else all: help names them."""
    first = arguments[0] if arguments else ""
    if first in _SUBCOMMANDS:
        return (first,)
    return () if first == "--version" else tuple(_SUBCOMMANDS)


if __name__ == "__main__":
    sys.exit(main())
