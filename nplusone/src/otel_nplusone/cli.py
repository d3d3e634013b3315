"""The command line: `otel-nplusone scan`, `diff`, `run`

Each subcommand is a module with add_parser(subparsers), which sets the default `run` of its
parser to a function from the parsed arguments to the exit code.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from otel_nplusone import diff_command, run_command, scan_command
from otel_nplusone.errors import NPlusOneError
from otel_nplusone.exit_codes import BAD_INPUT

_SUBCOMMANDS = (scan_command, diff_command, run_command)
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; return 0 clean, 1 findings, 2 bad usage or input."""
    parser = argparse.ArgumentParser(prog="otel-nplusone", description="N+1 queries in traces.")
    parser.add_argument(
        "--version", action="version", version=f"%(prog)s {version('otel-nplusone')}"
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for subcommand in _SUBCOMMANDS:
        subcommand.add_parser(subparsers)
    asked = parser.parse_args(arguments)
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


if __name__ == "__main__":
    sys.exit(main())
