"""Read what the pages' forms send: ids, a day, a start. Anything else is a BadRequest."""

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
        raise BadRequest(_choose(f"a {name}", text, "not an id")) from error


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
        raise BadRequest(_choose("a time", text, "not a time")) from error


def _choose(what: str, text: str, problem: str) -> str:
    """Ask for a choice, and say what is wrong with the one that was made, if any."""
    return f"Choose {what}: {text[:60]!r} is {problem}." if text else f"Choose {what} first."
