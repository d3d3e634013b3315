"""Name what a span asks as the labels do: `SELECT cat`, `GET /users/{id}`, `GET cart:?`."""

import re

from otel_nplusone._core.asked import asked
from otel_nplusone._core.model import Kind, Span

# What Mongoose and the MongoDB driver call one command.
_LIBRARY = {"findOne": "find", "updateOne": "update", "save": "insert"}
# As JSON, or as Python writes it.
_DOCUMENT = re.compile(r""" \{["']""")
# The ports of a recording are whatever was free.
_ADDRESS = re.compile(r" \S+:\d{4,5}\b")


def name_of(span: Span) -> str:
    """Return verb and first table of a statement; a command or a call without its address."""
    found = asked(span)
    if found is None:
        return span.name
    if found.kind is Kind.SQL and found.statement.table:
        return found.statement.summary
    text = _DOCUMENT.split(_ADDRESS.sub("", found.statement.text), maxsplit=1)[0]
    command, _, rest = text.partition(" ")
    return f"{_LIBRARY.get(command, command)} {rest}"
