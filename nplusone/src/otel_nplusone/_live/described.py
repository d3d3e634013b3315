"""Tell on a DB span what its instrumentation does not: summary, values, and place.

What describe(span, "SELECT name FROM cat WHERE id = %s", (17,)) adds:

    span name, db.query.summary   SELECT cat
    nplusone.values_hash           of the values, salted
    code.*, nplusone.code.path, … from the fifth time that the trace sends the statement
"""

import hashlib
import secrets
import sys
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import Span

from otel_nplusone._core.ignoring import ignored_because
from otel_nplusone._core.semconv import (
    CODE_FILE,
    CODE_FUNCTION,
    CODE_PATH,
    IGNORED,
    LOAD,
    OPERATION,
    QUERY_SUMMARY,
    VALUES_HASH,
)
from otel_nplusone._core.sql_summary import operation, summarize
from otel_nplusone._live.by_stack import ByStack, Read
from otel_nplusone._live.callsite import ARROW, CallSite, find_way, passed_over
from otel_nplusone._live.sdk_spans import attributes_of
from otel_nplusone._live.statement_counts import RepeatCounter

# An N+1 is what repeats at least so often; a location costs more than the rest, and nobody needs
# one for a statement that is sent once.
LOCATE_FROM = 5
# Where nobody has asked for more, the places of 6 repeats are told, then of each 17th, and past a
# hundred of each 101st: a place takes 30 µs, and a processor that is always there must not take
# them for every span. The steps are primes, so that a loop that sends the statement from two places
# or from three has all of them told.
_PLACED_FIRST = 6
_PLACED_EACH = 17
_PLACED_RARELY, _RARELY_FROM = 101, 102

Parameters = Mapping[str, Any] | Sequence[Any]
Attributes = dict[str, str | int]


_known: ByStack[Attributes] = ByStack()


def locate() -> Attributes:
    """Return the attributes that tell the line that the call came from, and the way to the loop."""
    return _known.look_up(sys._getframe(1), passed_over(), _look)


def _look() -> Read[Attributes]:
    caller, end, is_of_its_code = find_way()
    return Read({} if caller is None else _told(caller), end, is_of_its_code)


@lru_cache(maxsize=1024)
def _told(caller: CallSite) -> Attributes:
    attributes = caller.attributes
    if ARROW in caller.way:
        attributes[CODE_PATH] = caller.way
    if caller.load is not None:
        attributes[LOAD] = caller.load
    return attributes


class ValuesHash:
    """Make a hash of bind values: equal for equal values, and telling nothing of them.

    The salt is made anew in each process, and values are compared within a request only.
    """

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(16)

    def __call__(self, parameters: Parameters) -> str:
        """Return 16 hex digits. Python's hash() alone would not do: that of a number is itself."""
        if type(parameters) is tuple:
            values: tuple[object, ...] = parameters
        else:
            named = isinstance(parameters, Mapping)
            values = tuple(parameters.values() if named else parameters)  # type: ignore[union-attr]  # as named says
        try:
            digest = hash(values)
        except TypeError:
            # Lists and dictionaries: arrays and JSON.
            digest = hash(repr(values))
        number = digest.to_bytes(8, signed=True)
        return hashlib.blake2b(number, digest_size=8, key=self._salt).hexdigest()


class StatementDescriber:
    """Describe spans that are open, each with the statement that it is for."""

    def __init__(self, locate_from: int = LOCATE_FROM) -> None:
        self._locate_from = locate_from
        self._seen = RepeatCounter()
        self._placed = RepeatCounter()
        self._hash = ValuesHash()

    def describe(
        self,
        span: Span,
        statement: str,
        parameters: Parameters | None = None,
        known: Mapping[str, str | int] | None = None,
    ) -> None:
        """Add the attributes; `known` are further ones, set along with them."""
        summary = summarize(statement)
        span.update_name(summary)
        attributes: Attributes = {
            QUERY_SUMMARY[0]: summary,
            OPERATION[0]: operation(statement),
            **(known or {}),
        }
        if parameters:
            attributes[VALUES_HASH] = self._hash(parameters)
        self._place(span, statement, attributes)
        span.set_attributes(attributes)

    def place(self, span: Span, trace_id: int, asked: str) -> None:
        """Add the place alone, where the statement is not known yet; `asked` stands for it."""
        # Counted apart: the statement of the same span may become known when it has begun.
        beyond = self._placed.count(trace_id, asked) - self._locate_from
        if beyond >= 0 and _is_worth_its_time(beyond) and not _is_placed(span):
            span.set_attributes(locate())

    def _place(self, span: Span, asked: str, attributes: Attributes) -> None:
        if why := ignored_because():
            attributes[IGNORED] = why
        repeats = self._seen.count(span.get_span_context().trace_id, asked)
        if repeats >= self._locate_from and not _is_placed(span):
            attributes |= locate()


def _is_worth_its_time(beyond: int) -> bool:
    """Tell whether a place is looked up: those of the first are, and of some of the rest."""
    each = _PLACED_EACH if beyond < _RARELY_FROM else _PLACED_RARELY
    return beyond < _PLACED_FIRST or beyond % each == 0


_PLACE = frozenset((*CODE_FILE, *CODE_FUNCTION))


def _is_placed(span: Span) -> bool:
    """Tell whether a span has its place already, by its program or as it started."""
    return isinstance(span, ReadableSpan) and not _PLACE.isdisjoint(attributes_of(span))


@cache
def shared_describer() -> StatementDescriber:
    """Return the describer of all that has no engine of its own."""
    return StatementDescriber()
