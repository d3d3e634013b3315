"""Schedule an appointment, and cancel it.

The rules are the database's (models.py): the veterinarian works at that clinic, the cat belongs to
that owner, a start lies on the half hour, and a veterinarian has one appointment at a time. Of any
number of simultaneous bookings of one slot the database lets one through. A constraint cannot ask
for the time: that a start lies in the future is checked here.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from clinic.errors import RecordNotFound, RuleBroken, SlotTaken, TooLateToCancel
from clinic.models import Appointment, Cat

# Nobody keeps a calendar further ahead, and the limit catches a wrong year.
MOST_AHEAD = timedelta(days=730)
SLOT = timedelta(minutes=30)
OPENS = time(8, 0, tzinfo=UTC)
CLOSES = time(18, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """Hold what is asked for; `start` is an aware time."""

    cat_id: uuid.UUID
    owner_id: uuid.UUID
    clinic_id: uuid.UUID
    veterinarian_id: uuid.UUID
    start: datetime


def now_utc() -> datetime:
    """Return the time; the rules themselves are handed it."""
    return datetime.now(UTC)


def book(session: Session, booking: Booking, *, now: datetime) -> uuid.UUID:
    """Store an appointment and return its id; raise RuleBroken or SlotTaken."""
    if booking.start <= now:
        raise RuleBroken("An appointment's start lies in the future.")
    if booking.start > now + MOST_AHEAD:
        raise RuleBroken(f"Appointments are made at most {MOST_AHEAD.days} days ahead.")
    appointment = Appointment(
        id=uuid.uuid4(),
        start=booking.start,
        cat_id=booking.cat_id,
        owner_id=booking.owner_id,
        clinic_id=booking.clinic_id,
        veterinarian_id=booking.veterinarian_id,
    )
    appointment_id = appointment.id
    session.add(appointment)
    try:
        session.commit()
    except IntegrityError as error:
        session.rollback()
        raise _broken_rule(session, booking, error) from error
    return appointment_id


def cancel(session: Session, appointment_id: uuid.UUID, *, now: datetime) -> None:
    """Delete an appointment that has not begun; raise RecordNotFound or TooLateToCancel."""
    # One statement: of two who cancel the same appointment at once, one is told that it is gone.
    coming = (Appointment.id == appointment_id, Appointment.start > now)
    found = session.scalar(delete(Appointment).where(*coming).returning(Appointment.id))
    session.commit()
    if found is None:
        if session.get(Appointment, appointment_id) is None:
            raise RecordNotFound("appointment", appointment_id)
        raise TooLateToCancel


def free_slots(
    session: Session, veterinarian_id: uuid.UUID, day: date, *, now: datetime
) -> list[datetime]:
    """Return the starts within a day's opening hours that are free and lie in the future."""
    opens, closes = datetime.combine(day, OPENS), datetime.combine(day, CLOSES)
    taken = set(
        session.scalars(
            select(Appointment.start)
            .where(Appointment.veterinarian_id == veterinarian_id)
            .where(Appointment.start >= opens, Appointment.start < closes)
        )
    )
    starts = [opens + number * SLOT for number in range((closes - opens) // SLOT)]
    return [start for start in starts if start not in taken and now < start <= now + MOST_AHEAD]


def _broken_rule(session: Session, booking: Booking, error: IntegrityError) -> Exception:
    """Say which of the database's rules has refused an appointment, in an owner's words."""
    reason = str(error.orig).lower()
    if "unique constraint" in reason:
        return SlotTaken()
    if "check constraint" in reason:
        return RuleBroken("An appointment starts on the hour or the half hour.")
    cat = session.get(Cat, booking.cat_id)
    if cat is None or cat.owner_id != booking.owner_id:
        return RuleBroken(f"The cat {booking.cat_id} is not one of this owner's.")
    return RuleBroken(f"The veterinarian {booking.veterinarian_id} does not work at this clinic.")
