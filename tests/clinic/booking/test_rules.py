"""Test the rules of scheduling: most are the database's, those of the clock booking/rules.py's."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from clinic.app import close_app, create_app
from clinic.booking import rules as booking
from clinic.errors import RecordNotFound, RuleBroken, SlotTaken, TooLateToCancel
from clinic.models import Appointment
from clinic.seed.rows import Rows
from clinic.settings import Settings
from tests.clinic.bookings import as_json, booking_like, of_other_clinics

NOW = datetime.now(UTC)
VISITORS = 50


@pytest.fixture(scope="module")
def database_url(own_database_url: str) -> str:
    """Give this module a database of its own: its tests write."""
    return own_database_url


def test_booking_is_stored_for_half_an_hour(session: Session, wanted: booking.Booking) -> None:
    appointment_id = booking.book(session, wanted, now=NOW)

    stored = session.get_one(Appointment, appointment_id)
    assert stored.start == wanted.start
    assert stored.duration == timedelta(minutes=30)
    assert (stored.cat_id, stored.veterinarian_id) == (wanted.cat_id, wanted.veterinarian_id)


def test_slot_is_given_once(session: Session, wanted: booking.Booking) -> None:
    booking.book(session, wanted, now=NOW)

    with pytest.raises(SlotTaken, match="choose another"):
        booking.book(session, wanted, now=NOW)


def test_neighbouring_slots_and_other_veterinarians_are_no_conflict(
    session: Session, wanted: booking.Booking, rows: Rows
) -> None:
    other = next(a for a in rows.appointment if a["veterinarian_id"] != wanted.veterinarian_id)
    later = replace(wanted, start=wanted.start + booking.SLOT)

    booked = {
        booking.book(session, one, now=NOW)
        for one in (wanted, later, booking_like(other, wanted.start))
    }

    assert len(booked) == 3


def test_slot_is_free_again_once_cancelled(session: Session, wanted: booking.Booking) -> None:
    first = booking.book(session, wanted, now=NOW)

    booking.cancel(session, first, now=NOW)

    assert booking.book(session, wanted, now=NOW) != first


def test_owner_books_for_own_cats_only(
    session: Session, wanted: booking.Booking, rows: Rows
) -> None:
    foreign = next(cat for cat in rows.cat if cat["owner_id"] != wanted.owner_id)

    with pytest.raises(RuleBroken, match="not one of this owner's"):
        booking.book(session, replace(wanted, cat_id=foreign["id"]), now=NOW)


def test_veterinarian_is_booked_where_she_works(
    session: Session, wanted: booking.Booking, rows: Rows
) -> None:
    elsewhere = next(of_other_clinics(rows, wanted.clinic_id))

    with pytest.raises(RuleBroken, match="does not work at this clinic"):
        booking.book(session, replace(wanted, veterinarian_id=elsewhere["id"]), now=NOW)


@pytest.mark.parametrize("minutes", [-1, 1, 15])
def test_start_lies_on_the_half_hour(
    minutes: int, session: Session, wanted: booking.Booking
) -> None:
    start = wanted.start + timedelta(minutes=minutes)

    with pytest.raises(RuleBroken, match="half hour"):
        booking.book(session, replace(wanted, start=start), now=NOW)


def test_database_itself_keeps_starts_on_the_half_hour(
    session: Session, wanted: booking.Booking
) -> None:
    start = wanted.start + timedelta(microseconds=1)
    session.add(
        Appointment(
            start=start,
            cat_id=wanted.cat_id,
            owner_id=wanted.owner_id,
            clinic_id=wanted.clinic_id,
            veterinarian_id=wanted.veterinarian_id,
        )
    )

    with pytest.raises(IntegrityError, match="half_hour"):
        session.commit()


@pytest.mark.parametrize("start", [NOW - timedelta(days=1), NOW])
def test_start_lies_in_the_future(
    start: datetime, session: Session, wanted: booking.Booking
) -> None:
    with pytest.raises(RuleBroken, match="in the future"):
        booking.book(session, replace(wanted, start=start), now=NOW)


def test_nobody_books_years_ahead(session: Session, wanted: booking.Booking) -> None:
    start = wanted.start + timedelta(days=1000)

    with pytest.raises(RuleBroken, match="at most 730 days"):
        booking.book(session, replace(wanted, start=start), now=NOW)


def test_refused_booking_leaves_nothing(session: Session, wanted: booking.Booking) -> None:
    before = session.scalar(select(func.count()).select_from(Appointment))

    with pytest.raises(RuleBroken):
        booking.book(session, replace(wanted, cat_id=wanted.owner_id), now=NOW)

    assert session.scalar(select(func.count()).select_from(Appointment)) == before


def test_what_has_begun_is_not_cancelled(session: Session, rows: Rows) -> None:
    with pytest.raises(TooLateToCancel, match="no longer"):
        booking.cancel(session, rows.appointment[0]["id"], now=NOW)


def test_what_is_not_there_is_not_cancelled(session: Session, rows: Rows) -> None:
    with pytest.raises(RecordNotFound, match="no appointment"):
        booking.cancel(session, rows.cat[0]["id"], now=NOW)


def test_free_slots_leave_out_what_is_taken(session: Session, wanted: booking.Booking) -> None:
    day = wanted.start.date()
    before = booking.free_slots(session, wanted.veterinarian_id, day, now=NOW)
    booking.book(session, wanted, now=NOW)

    after = booking.free_slots(session, wanted.veterinarian_id, day, now=NOW)

    assert len(before) == 20
    assert set(before) - set(after) == {wanted.start}


def test_free_slots_of_today_lie_in_the_future(session: Session, wanted: booking.Booking) -> None:
    noon = wanted.start.replace(hour=12, minute=0)

    slots = booking.free_slots(session, wanted.veterinarian_id, noon.date(), now=noon)

    assert slots[0] == noon + booking.SLOT


def test_of_simultaneous_cancellations_one_is_heard(
    settings: Settings, session: Session, wanted: booking.Booking
) -> None:
    appointment_id = booking.book(session, wanted, now=NOW)
    app = create_app(settings)
    everybody = threading.Barrier(10)

    def cancel(_number: int) -> int:
        client = app.test_client()
        everybody.wait(timeout=60)
        return client.delete(f"/api/appointments/{appointment_id}").status_code

    with ThreadPoolExecutor(10) as visitors:
        statuses = Counter(visitors.map(cancel, range(10)))

    close_app(app)
    assert statuses == {204: 1, 404: 9}


def test_of_fifty_simultaneous_bookings_of_a_slot_one_is_granted(
    settings: Settings, wanted: booking.Booking
) -> None:
    app = create_app(settings)
    everybody = threading.Barrier(VISITORS)

    def visit(_number: int) -> int:
        client = app.test_client()
        everybody.wait(timeout=60)
        return client.post("/api/appointments", json=as_json(wanted)).status_code

    with ThreadPoolExecutor(VISITORS) as visitors:
        statuses = Counter(visitors.map(visit, range(VISITORS)))

    close_app(app)
    assert statuses == {201: 1, 409: VISITORS - 1}
