"""Say what the pages have to list, from the database alone: none of the clinic's code is asked."""

import sqlite3
import zlib
from datetime import datetime
from urllib.parse import quote, urlencode

COLORS = {1: "black", 2: "gray", 3: "orange", 4: "mixed"}
CLINICS = 6
SEEN_AT = (
    "WHERE id IN (SELECT cat_id FROM appointment "
    "JOIN clinic ON clinic.id = appointment.clinic_id WHERE clinic.name = ?) ORDER BY id"
)


def clinic_names(database: sqlite3.Connection) -> list[str]:
    """Return the names of some clinics: of all that there are in small data."""
    rows = database.execute("SELECT name FROM clinic ORDER BY name LIMIT ?", [CLINICS])
    return [str(name) for (name,) in rows]


def owner_ids(database: sqlite3.Connection) -> list[str]:
    """Return the ids of some people who have been to a clinic."""
    rows = database.execute(
        "SELECT DISTINCT owner_id FROM appointment ORDER BY owner_id LIMIT ?", [CLINICS]
    )
    return [str(owner) for (owner,) in rows]


def of_clinic(path: str, name: str) -> str:
    """Return the address of a clinic's page."""
    return f"{path}?{urlencode({'clinic': name})}"


def of_owner(owner_id: str) -> str:
    """Return the address of an owner's page; the database keeps ids without hyphens."""
    digits = owner_id.replace("-", "")
    groups = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return f"/owners/{quote('-'.join(groups))}"


def cats_seen_at(database: sqlite3.Connection, name: str) -> list[str]:
    """List the cards of every cat ever seen at a clinic, by id."""
    return _cards(database, f"SELECT name, color, age, lives FROM cat {SEEN_AT}", name)


def cats_a_year_later(database: sqlite3.Connection, name: str) -> list[str]:
    """List the same cards when everyone is a year older."""
    return _cards(database, f"SELECT name, color, age + 1, lives FROM cat {SEEN_AT}", name)


def cats_of_owner(database: sqlite3.Connection, owner_id: str) -> list[str]:
    """List the cards of an owner's first hundred cats, by name."""
    return _cards(
        database,
        "SELECT name, color, age, lives FROM cat WHERE owner_id = ? ORDER BY name, id LIMIT 100",
        owner_id,
    )


def latest_patients(database: sqlite3.Connection, name: str) -> list[str]:
    """List a clinic's veterinarians by name, each with the cats of the latest twenty visits."""
    listed = []
    for veterinarian, who, _ in _team(database, name):
        cats = database.execute(
            "SELECT cat.name FROM appointment JOIN cat ON cat.id = cat_id "
            "WHERE veterinarian_id = ? ORDER BY start DESC LIMIT 20",
            [veterinarian],
        )
        listed.append(f"{who} latest patients: {', '.join(cat for (cat,) in cats)}".strip())
    return listed


def licensed(database: sqlite3.Connection, name: str) -> list[str]:
    """List a clinic's veterinarians by name, each with a licence that the registry knows."""
    return [
        f"{who} licence {number}, valid until {2027 + zlib.crc32(number.encode()) % 3}-12-31"
        for _, who, number in _team(database, name)
    ]


def visits_of_page(database: sqlite3.Connection, name: str, page: int, size: int) -> list[str]:
    """List a page of a clinic's visits, the latest first."""
    rows = database.execute(
        "SELECT start, cat.name FROM appointment JOIN cat ON cat.id = cat_id "
        "JOIN clinic ON clinic.id = appointment.clinic_id WHERE clinic.name = ? "
        "ORDER BY start DESC, appointment.id LIMIT ? OFFSET ?",
        [name, size, (page - 1) * size],
    )
    return [f"{_moment(start)} {cat}" for start, cat in rows]


def _team(database: sqlite3.Connection, name: str) -> list[tuple[str, str, str]]:
    """Return id, name and licence of each of a clinic's veterinarians, by name."""
    return database.execute(
        "SELECT veterinarian.id, given_name || ' ' || surname, license_number FROM veterinarian "
        "JOIN person ON person.id = veterinarian.id "
        "JOIN clinic ON clinic.id = veterinarian.clinic_id WHERE clinic.name = ? "
        "ORDER BY surname, given_name, veterinarian.id",
        [name],
    ).fetchall()


def _cards(database: sqlite3.Connection, query: str, of: str) -> list[str]:
    return [
        f"{name} {COLORS[color]}, {age} year{'' if age == 1 else 's'}, "
        f"{lives} {'life' if lives == 1 else 'lives'} left"
        for name, color, age, lives in database.execute(query, [of])
    ]


def _moment(text: str) -> str:
    at = datetime.fromisoformat(text)
    return f"{at:%A}, {at.day} {at:%B %Y, %H:%M} UTC"
