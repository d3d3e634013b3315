"""Check a flag file before anything acts on it, and read the two flags of the clinic from it.

flagd itself takes more than the clinic can use: a default variant that does not exist, a file
without the flag, a fraction of nothing. Each of them would lose the flags of a running service.

    {"flags": {
        "success-stories-strategy": {
            "state": "ENABLED",
            "variants": {"naive": "naive", "core": "core"},        # each names a strategy
            "defaultVariant": "naive"                              # is one of the variants
        },
        "success-stories-audience": {
            "state": "ENABLED",
            "variants": {"on": true, "off": false},
            "defaultVariant": "on",
            "targeting": {"fractional": [["on", 5], ["off", 95]]}  # the share of session ids
        }}}

Other flags in the file are ignored, and never reach the evaluation.
"""

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any, NoReturn

from clinic.flags.strict_json import FlagFileError, read_json

STRATEGY_FLAG = "success-stories-strategy"
AUDIENCE_FLAG = "success-stories-audience"
# What the clinic does when a flag is switched off: the page as it was launched, for everybody.
FALLBACK_STRATEGY = "naive"
FALLBACK_AUDIENCE = True
STATES = ("ENABLED", "DISABLED")
# flagd's bound on the sum of the weights.
MAX_TOTAL_WEIGHT = 2**31 - 1

Flag = Mapping[str, Any]
Flags = Mapping[str, Flag]


def parse(data: bytes, strategies: Collection[str]) -> Flags:
    """Return the clinic's two flags; raise FlagFileError with the place and the reason."""
    document = _object(read_json(data), "$")
    if "flags" not in document:
        _refuse("$", 'lacks the key "flags"')
    flags = _object(document["flags"], "$.flags")

    def is_strategy(value: object) -> str | None:
        if isinstance(value, str) and value in strategies:
            return None
        return f"{_shown(value)} is not a strategy; use one of {', '.join(strategies)}"

    return {
        STRATEGY_FLAG: _flag(flags, STRATEGY_FLAG, is_strategy),
        AUDIENCE_FLAG: _flag(flags, AUDIENCE_FLAG, _is_boolean),
    }


def audience_percent(flags: Flags) -> float:
    """Return the share of visitors who get the page, as a number of 0 to 100."""
    flag = flags[AUDIENCE_FLAG]
    if flag["state"] != "ENABLED":
        return 100.0
    variants = flag["variants"]
    weights = flag.get("targeting", {}).get("fractional")
    if weights is None:
        weights = [(flag["defaultVariant"], 1)]
    total: int = sum(weight for _variant, weight in weights)
    let_in: int = sum(weight for variant, weight in weights if variants[variant])
    return 100 * let_in / total


def strategy_in_force(flags: Flags) -> str:
    """Return the strategy of everybody who is not targeted otherwise."""
    flag = flags[STRATEGY_FLAG]
    if flag["state"] != "ENABLED":
        return FALLBACK_STRATEGY
    strategy: str = flag["variants"][flag["defaultVariant"]]
    return strategy


def _flag(flags: Flag, name: str, complaint: Callable[[object], str | None]) -> Flag:
    if name not in flags:
        _refuse("$.flags", f'lacks the flag "{name}"')
    place = f"$.flags.{name}"
    flag = _object(flags[name], place)
    if flag.get("state") not in STATES:
        _refuse(f"{place}.state", f"{_shown(flag.get('state'))} is neither ENABLED nor DISABLED")
    variants = _object(flag.get("variants"), f"{place}.variants")
    for variant, value in variants.items():
        if (wrong := complaint(value)) is not None:
            _refuse(f"{place}.variants.{variant}", wrong)
    default = flag.get("defaultVariant")
    _require_variant(default, variants, f"{place}.defaultVariant")
    checked = {"state": flag["state"], "variants": dict(variants), "defaultVariant": default}
    targeting = flag.get("targeting")
    # An empty object is flagd's way to say that nobody is targeted.
    if targeting not in (None, {}):
        checked["targeting"] = _targeting(targeting, variants, f"{place}.targeting")
    return checked


def _targeting(value: object, variants: Flag, place: str) -> Flag:
    """Allow fractions of session ids: the clinic knows nothing else of a visitor."""
    targeting = _object(value, place)
    if set(targeting) != {"fractional"}:
        _refuse(place, 'may hold "fractional" and nothing else')
    place = f"{place}.fractional"
    entries = targeting["fractional"]
    if not isinstance(entries, list) or not entries:
        _refuse(place, f"{_shown(entries)} is not a list of [variant, weight]")
    total = 0
    for number, entry in enumerate(entries):
        total += _weight(entry, variants, f"{place}[{number}]")
    if not 0 < total <= MAX_TOTAL_WEIGHT:
        _refuse(place, f"the weights sum to {total}; use 1 to {MAX_TOTAL_WEIGHT}")
    return {"fractional": [list(entry) for entry in entries]}


def _weight(entry: object, variants: Flag, place: str) -> int:
    if not isinstance(entry, list) or len(entry) != 2:
        _refuse(place, f"{_shown(entry)} is not [variant, weight]")
    variant, weight = entry
    _require_variant(variant, variants, f"{place}[0]")
    if type(weight) is not int or weight < 0:  # true is an int to Python
        _refuse(f"{place}[1]", f"{_shown(weight)} is not a weight; use a whole number from 0")
    return weight


def _require_variant(variant: object, variants: Flag, place: str) -> None:
    if not isinstance(variant, str) or variant not in variants:
        known = ", ".join(variants)
        _refuse(place, f"{_shown(variant)} is not one of the variants {known}")


def _is_boolean(value: object) -> str | None:
    return None if isinstance(value, bool) else f"{_shown(value)} is neither true nor false"


def _object(value: object, place: str) -> Flag:
    if not isinstance(value, dict):
        _refuse(place, f"{_shown(value)} is not an object")
    if not value:
        _refuse(place, "is empty")
    return value


def _shown(value: object) -> str:
    """Show a value as it stands in the file, shortened."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _refuse(place: str, reason: str) -> NoReturn:
    raise FlagFileError(f"{place}: {reason}")
