"""What is told on a DB span next to what its instrumentation tells: the place, and the values."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.semconv.attributes.code_attributes import (
    CODE_FILE_PATH,
    CODE_FUNCTION_NAME,
    CODE_LINE_NUMBER,
)

from otel_nplusone._core.semconv import CODE_PATH, LOAD, RELATIONSHIP
from otel_nplusone._live.callsite import ARROW, find_caller

# An N+1 is what repeats at least so often; a location costs more than the rest, and nobody needs
# one for a statement that is sent once.
LOCATE_FROM = 5

Parameters = Mapping[str, Any] | Sequence[Any]
Attributes = dict[str, str | int]


def locate() -> Attributes:
    """Return the attributes that tell the line that the call came from, and the way to the loop."""
    caller = find_caller(with_way=True)
    if caller is None:
        return {}
    attributes: Attributes = {
        CODE_FUNCTION_NAME: caller.function,
        CODE_FILE_PATH: caller.file,
        CODE_LINE_NUMBER: caller.line,
    }
    if ARROW in caller.way:
        attributes[CODE_PATH] = caller.way
    if caller.relationship is not None:
        attributes[RELATIONSHIP] = caller.relationship
    if caller.load is not None:
        attributes[LOAD] = caller.load
    return attributes


class ValuesHash:
    """Hashes bind values: equal for equal values, and tells nothing of them.

    The salt is made anew in each process, and values are compared within a request only.
    """

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(16)

    def __call__(self, parameters: Parameters) -> str:
        """Return 16 hex digits. Python's hash() alone would not do: that of a number is itself."""
        named = isinstance(parameters, Mapping)
        values = tuple(parameters.values() if named else parameters)  # type: ignore[union-attr]  # as named says
        try:
            digest = hash(values)
        except TypeError:
            # Lists and dictionaries: arrays and JSON.
            digest = hash(repr(values))
        number = digest.to_bytes(8, signed=True)
        return hashlib.blake2b(number, digest_size=8, key=self._salt).hexdigest()
