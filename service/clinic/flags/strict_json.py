"""Read the bytes of a flag file as JSON, strictly, and say where it is broken."""

import json
from collections import Counter
from typing import Any, NoReturn

MAX_BYTES = 2**20


class FlagFileError(ValueError):
    """Report that a flag file cannot be used; the message is the place in it and the reason."""


class _Object(dict[str, Any]):
    """Hold a JSON object, and which of its keys came twice, if any."""

    repeated: str | None = None


def read_json(data: bytes) -> Any:
    """Return the value in the bytes; raise FlagFileError.

    Refuses more than MAX_BYTES, a key that an object has twice (the later one would win in
    silence), NaN and Infinity, next to what is not JSON.
    """
    if len(data) > MAX_BYTES:
        raise FlagFileError(f"it is larger than {MAX_BYTES:,} bytes")
    if not data.strip():
        raise FlagFileError("line 1 column 1: the file is empty")
    try:
        value = json.loads(
            data.decode(), object_pairs_hook=_object, parse_constant=_refuse_constant
        )
        _refuse_repeated_keys(value, "$")
    except UnicodeDecodeError as error:
        place = _place(data, error.start)
        raise FlagFileError(f"{place}: byte 0x{data[error.start]:02x} is not UTF-8") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise FlagFileError(f"{place}: {error.msg}") from error
    except RecursionError as error:
        raise FlagFileError("$: it is nested too deeply") from error
    except ValueError as error:  # a number of thousands of digits, or our own refusal
        raise error if isinstance(error, FlagFileError) else FlagFileError(f"$: {error}") from error
    return value


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    found = _Object(pairs)
    if len(found) < len(pairs):
        [(found.repeated, _times)] = Counter(key for key, _value in pairs).most_common(1)
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise FlagFileError(f"$: {name} is not a JSON number")


def _refuse_repeated_keys(value: object, place: str) -> None:
    if isinstance(value, _Object):
        if value.repeated is not None:
            raise FlagFileError(f'{place}: the key "{value.repeated}" appears twice')
        for key, inner in value.items():
            _refuse_repeated_keys(inner, f"{place}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            _refuse_repeated_keys(inner, f"{place}[{number}]")


def _place(data: bytes, offset: int) -> str:
    """Return the line and column of a byte, both counted from 1 as JSON's errors are."""
    before = data[:offset]
    line_start = before.rfind(b"\n") + 1
    column = len(before[line_start:].decode(errors="replace")) + 1
    line = before.count(b"\n") + 1
    return f"line {line} column {column}"
