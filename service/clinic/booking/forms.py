"""What the pages' forms send: ids, a day, a start; anything else is a BadRequest that names it."""

import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime

from clinic.errors import BadRequest


def given_id(values: Mapping[str, str], name: str, default: uuid.UUID | None = None) -> uuid.UUID:
    """Return the id of that name, or the default where nothing is given and there is one."""
    text = values.get(name, "")
    if not text and default is not None:
        return default
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise BadRequest(f"Choose a {name}: {text[:60]!r} is none.") from error


def given_day(values: Mapping[str, str], default: date) -> date:
    """Return the day, as a date field sends it (2026-05-31), or the default."""
    text = values.get("day", "")
    if not text:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadRequest(f"A day is written like 2026-05-31, not {text[:60]!r}.") from error


def given_start(values: Mapping[str, str]) -> datetime:
    """Return the start that was chosen, in UTC."""
    text = values.get("start", "")
    try:
        start = datetime.fromisoformat(text)
        return start.astimezone(UTC) if start.tzinfo else start.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise BadRequest(f"Choose a time: {text[:60]!r} is none.") from error
