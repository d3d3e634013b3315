"""The command line: `otel-nplusone scan`, `diff`, `run`.

Each subcommand is a module with add_parser(subparsers), which sets the default `run` of its
parser to a function from the parsed arguments to the exit code.
"""

import argparse
import sys
from collections.abc import Sequence

from otel_nplusone.errors import NPlusOneError

CLEAN, FINDINGS, BAD_INPUT = 0, 1, 2

_SUBCOMMANDS: tuple[object, ...] = ()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; return 0 clean, 1 findings, 2 bad usage or input."""
    parser = argparse.ArgumentParser(prog="otel-nplusone", description="N+1 queries in traces.")
    parser.add_subparsers(required=True, metavar="COMMAND")
    asked = parser.parse_args(arguments)
    try:
        return int(asked.run(asked))
    except NPlusOneError as error:
        print(f"otel-nplusone: {error}", file=sys.stderr)
        return BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
