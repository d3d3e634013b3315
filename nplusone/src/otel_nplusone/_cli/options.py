"""Define the options that several subcommands share, and read their values."""

import argparse
import re

from otel_nplusone._core.model import Kind
from otel_nplusone._core.tally import DEFAULT_MIN_REPEATS
from otel_nplusone._read.search import (
    DEFAULT_MOST_S,
    DEFAULT_MOST_SPANS,
    DEFAULT_MOST_TRACES,
    DEFAULT_SINCE_S,
    Search,
)

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhd])")


def add_source_options(parser: argparse.ArgumentParser) -> None:
    """Add --service, --since, --max-traces, --max-spans and --max-time."""
    parser.add_argument("--service", default="", metavar="S", help="the traces of this service")
    parser.add_argument(
        "--since",
        type=seconds,
        default=DEFAULT_SINCE_S,
        metavar="TIME",
        help="of a backend: how far back, 90s, 30m, 1h (default) or 2d",
    )
    parser.add_argument(
        "--max-traces",
        type=whole(1),
        default=DEFAULT_MOST_TRACES,
        metavar="N",
        help=f"of a backend: read at most N traces (default {DEFAULT_MOST_TRACES:,})",
    )
    parser.add_argument(
        "--max-spans",
        type=whole(1),
        default=DEFAULT_MOST_SPANS,
        metavar="N",
        help=f"of a backend: let it load about N spans at most (default {DEFAULT_MOST_SPANS:,})",
    )
    parser.add_argument(
        "--max-time",
        type=seconds,
        default=DEFAULT_MOST_S,
        metavar="TIME",
        help=f"of a backend: stop asking after this time (default {DEFAULT_MOST_S:g}s)",
    )


def add_min_repeats(parser: argparse.ArgumentParser) -> None:
    """Add --min-repeats."""
    parser.add_argument(
        "--min-repeats",
        type=whole(2),
        default=DEFAULT_MIN_REPEATS,
        metavar="N",
        help=f"report from N repeats on (default {DEFAULT_MIN_REPEATS})",
    )


def search(asked: argparse.Namespace) -> Search:
    """Return what these options ask of a backend."""
    return Search(asked.service, asked.since, asked.max_traces, asked.max_spans, asked.max_time)


# "calls" are all questions to others except SQL; each kind of them goes by its own name, too.
_KINDS = {kind.value: frozenset({kind}) for kind in Kind} | {
    "calls": frozenset(Kind) - {Kind.SQL},
    "all": frozenset(Kind),
}


def kinds(text: str) -> frozenset[Kind]:
    """Read the kinds that are meant: `sql,calls`."""
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in _KINDS:
            raise argparse.ArgumentTypeError(f"{name!r} is not a kind: say {', '.join(_KINDS)}")
    return frozenset().union(*(_KINDS[name] for name in names))


def seconds(text: str) -> float:
    """Read a time: `1h` is 3600."""
    found = _DURATION.fullmatch(text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time: say 90s, 30m, 1h or 2d")
    return float(found[1]) * _UNITS[found[2]]


def share(text: str) -> float:
    """Read a share, `2%` or `0.02`, as 0.02."""
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share: say 2% or 0.02")
    return value


class whole:  # noqa: N801  # used like a function, as argparse's types are
    """Read a whole number of at least `least`."""

    def __init__(self, least: int) -> None:
        self._least = least

    def __call__(self, text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = self._least - 1
        if number < self._least:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a whole number of at least {self._least}"
            )
        return number
