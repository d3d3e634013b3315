"""Change the flag file that a running clinic follows: whole, valid, and by one rename."""

import json
import os
import tempfile
from collections.abc import Collection
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from clinic.errors import FlagsError
from clinic.flag_file import AUDIENCE_FLAG, Flags, parse
from clinic.flag_json import FlagFileError
from clinic.flag_watcher import read

MAX_DECIMALS = 4


def flags_in(path: Path, strategies: Collection[str]) -> Flags:
    """Return the flags in a file; raise FlagsError if it cannot be used."""
    return _parse(path, _read(path), strategies)


def parse_percent(text: str) -> Decimal:
    """Read "5", "5%" or "0.5 %"; raise FlagsError for anything that is no share of 0 to 100 %."""
    try:
        percent = Decimal(text.strip().removesuffix("%").strip())
    except InvalidOperation as error:
        raise FlagsError(f"{text!r} is no percentage; say 5% or 0.5%.") from error
    if not percent.is_finite() or not 0 <= percent <= 100:
        raise FlagsError(f"{text!r} is no share of the visitors; say 0% to 100%.")
    if percent != round(percent, MAX_DECIMALS):
        raise FlagsError(f"{text!r} has more than {MAX_DECIMALS} decimals.")
    return percent


def set_audience(path: Path, percent: Decimal, strategies: Collection[str]) -> Flags:
    """Let this share of the visitors in; raise FlagsError and change nothing if it cannot be done.

    Everything else in the file stays, other flags included.
    """
    data = _read(path)
    _parse(path, data, strategies)
    document = json.loads(data)
    document["flags"][AUDIENCE_FLAG] = _audience(percent)
    changed = json.dumps(document, indent=2).encode() + b"\n"
    flags = _parse(path, changed, strategies)
    _replace(path, changed)
    return flags


def _audience(percent: Decimal) -> dict[str, Any]:
    scale = 1
    while percent * scale != int(percent * scale):
        scale *= 10
    let_in = int(percent * scale)
    return {
        "state": "ENABLED",
        "variants": {"on": True, "off": False},
        "defaultVariant": "on",
        # `on` comes first: a larger share then keeps everybody of the smaller one.
        "targeting": {"fractional": [["on", let_in], ["off", 100 * scale - let_in]]},
    }


def _read(path: Path) -> bytes:
    try:
        return read(path)
    except FlagFileError as error:
        raise FlagsError(f"{path}: {error}. Start the clinic first, or name its file.") from error


def _parse(path: Path, data: bytes, strategies: Collection[str]) -> Flags:
    try:
        return parse(data, strategies)
    except FlagFileError as error:
        raise FlagsError(
            f"{path}: {error}. Mend it, or remove it to start from the template."
        ) from error


def _replace(path: Path, data: bytes) -> None:
    try:
        mode = path.stat().st_mode & 0o777
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).chmod(mode)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise FlagsError(f"{path} cannot be replaced: {error.strerror}.") from error
