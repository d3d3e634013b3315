"""Flag files for tests: the one that the clinic starts from, changed."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clinic.flags.evaluation import TEMPLATE

STRATEGY = "success-stories-strategy"
AUDIENCE = "success-stories-audience"


def document() -> dict[str, Any]:
    """Return the template's content."""
    found: dict[str, Any] = json.loads(TEMPLATE.read_bytes())
    return found


def with_strategy(variant: str) -> bytes:
    """Return a file in which this strategy is in force."""
    changed = document()
    changed["flags"][STRATEGY]["defaultVariant"] = variant
    return json.dumps(changed).encode()


def with_audience(weights: Sequence[object]) -> bytes:
    """Return a file with these [variant, weight] for the audience."""
    changed = document()
    changed["flags"][AUDIENCE]["targeting"] = {"fractional": weights}
    return json.dumps(changed).encode()


def put(path: Path, data: bytes) -> None:
    """Put a file in the place of another by one rename."""
    new = path.with_suffix(".new")
    new.write_bytes(data)
    new.replace(path)
