"""Make a request for an appointment that the clinic of the dataset would grant."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from clinic.booking.rules import Booking
from clinic.seed.rows import Rows

_days = count(1)


def a_free_start() -> datetime:
    """Return half past ten on a day to come that no other test has been given."""
    day = datetime.now(UTC) + timedelta(days=next(_days))
    return day.replace(hour=10, minute=30, second=0, microsecond=0)


def booking_like(appointment: dict[str, Any], start: datetime) -> Booking:
    """Ask for what a seeded appointment was, at another time."""
    return Booking(
        cat_id=appointment["cat_id"],
        owner_id=appointment["owner_id"],
        clinic_id=appointment["clinic_id"],
        veterinarian_id=appointment["veterinarian_id"],
        start=start,
    )


def as_json(booking: Booking) -> dict[str, str]:
    return {
        "cat_id": str(booking.cat_id),
        "owner_id": str(booking.owner_id),
        "clinic_id": str(booking.clinic_id),
        "veterinarian_id": str(booking.veterinarian_id),
        "start": booking.start.isoformat(),
    }


def as_form(booking: Booking) -> dict[str, str]:
    return {
        "cat": str(booking.cat_id),
        "clinic": str(booking.clinic_id),
        "veterinarian": str(booking.veterinarian_id),
        "start": booking.start.isoformat(),
    }


def of_other_clinics(rows: Rows, clinic_id: object) -> Iterator[dict[str, Any]]:
    """Yield the veterinarians who work elsewhere."""
    return (vet for vet in rows.veterinarian if vet["clinic_id"] != clinic_id)
