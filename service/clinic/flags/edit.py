"""Change the flag file that a running clinic follows: whole, valid, and by one rename."""

import copy
import json
import os
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from clinic.errors import FlagsError
from clinic.flags.file import (
    AUDIENCE_FLAG,
    STRATEGY_FLAG,
    audience_percent,
    parse,
    strategy_in_force,
)
from clinic.flags.strict_json import FlagFileError
from clinic.flags.watcher import read

MAX_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class State:
    """Say what a flag file does: the strategy, and the share of visitors who get the page."""

    strategy: str
    audience_percent: float


def change(
    path: Path,
    strategies: Collection[str],
    *,
    strategy: str | None = None,
    percent: Decimal | None = None,
) -> tuple[State, State]:
    """Set the strategy, the audience, or both; return the state before and the state after.

    Raise FlagsError, and leave the file as it is, if one of them or the file cannot be used.
    Everything else in the file stays, other flags included.
    """
    data = _read(path)
    before = _state(path, data, strategies)
    document = json.loads(data)
    found = copy.deepcopy(document)
    flags = document["flags"]
    if strategy is not None:
        flags[STRATEGY_FLAG] = _always(strategy, flags[STRATEGY_FLAG], strategies)
    if percent is not None:
        flags[AUDIENCE_FLAG] = _audience(percent)
    changed = json.dumps(document, indent=2).encode() + b"\n"
    after = _state(path, changed, strategies)
    if document != found:
        _replace(path, changed)
    return before, after


def parse_percent(text: str) -> Decimal:
    """Read "5", "5%" or "0.5 %"; raise FlagsError unless it is a share from 0 to 100 %."""
    try:
        percent = Decimal(text.strip().removesuffix("%").strip())
    except InvalidOperation as error:
        raise FlagsError(f"--audience={text!r} is not a percentage; say 5% or 0.5%.") from error
    if not percent.is_finite() or not 0 <= percent <= 100:
        raise FlagsError(f"--audience={text!r} is not a share of the visitors; say 0% to 100%.")
    if percent != round(percent, MAX_DECIMALS):
        raise FlagsError(f"--audience={text!r} has more than {MAX_DECIMALS} decimals; round it.")
    return percent


def _always(strategy: str, flag: dict[str, Any], strategies: Collection[str]) -> dict[str, Any]:
    """Return the flag with this strategy for everybody; its other variants stay."""
    if strategy not in strategies:
        known = ", ".join(strategies)
        raise FlagsError(f"--strategy={strategy!r} does not exist; choose one of {known}.")
    variants = flag["variants"]
    variant = next((name for name, value in variants.items() if value == strategy), strategy)
    changed = flag | {
        "state": "ENABLED",
        "variants": variants | {variant: strategy},
        "defaultVariant": variant,
    }
    changed.pop("targeting", None)
    return changed


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


def _state(path: Path, data: bytes, strategies: Collection[str]) -> State:
    try:
        flags = parse(data, strategies)
    except FlagFileError as error:
        raise FlagsError(
            f"{path}: {error}. Mend it, or remove it to start from the template."
        ) from error
    return State(strategy_in_force(flags), audience_percent(flags))


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
