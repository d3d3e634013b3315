r"""Read spans from files and messages, in every format that otel-nplusone knows.

    skipped = Skipped()
    for span in read_file("traces.jsonl.gz", skipped):
        ...
    print(*skipped.lines(), sep="\n")     # what could not be read while the rest could

`read_messages` gives whole OTLP messages, and needs the extra `protobuf`.
"""

from typing import TYPE_CHECKING

from otel_nplusone._core.semconv import stands_for, statement_of
from otel_nplusone._read.files import read_file
from otel_nplusone._read.otlp_protobuf import from_protobuf
from otel_nplusone._read.skipped import Skipped

if TYPE_CHECKING:
    from otel_nplusone._read.messages import read_messages

__all__ = ["Skipped", "from_protobuf", "read_file", "read_messages", "stands_for", "statement_of"]


def __getattr__(name: str) -> object:
    """Import what needs the extra when it is asked for."""
    if name != "read_messages":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from otel_nplusone._read.messages import read_messages

    return read_messages


def __dir__() -> list[str]:
    """List the promised names, those that need the extra included."""
    return sorted(__all__)
