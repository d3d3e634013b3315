"""Test what the queries decide beyond the rows of the dataset."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from clinic.models import Appointment, Cat, Person
from clinic.queries import preferred_veterinarian
from clinic.seed.rows import Row, Rows

FIRST = datetime(2031, 1, 1, 9, tzinfo=UTC)


@pytest.fixture
def colleagues(rows: Rows) -> list[Row]:
    """Return two veterinarians of one clinic, in the order of their ids."""
    first = rows.veterinarian[0]
    of_clinic = [vet for vet in rows.veterinarian if vet["clinic_id"] == first["clinic_id"]]
    return sorted(of_clinic, key=lambda vet: str(vet["id"]))[:2]


def preferred_after(session: Session, *visits: tuple[Row, int]) -> object:
    """Return the id of whom an owner prefers after visits to these, on these days."""
    owner = Person(given_name="New", surname="Owner")
    session.add(owner)
    session.flush()
    cat = Cat(name="Newcomer", owner_id=owner.id)
    session.add(cat)
    session.flush()
    for vet, day in visits:
        session.add(
            Appointment(
                start=FIRST + timedelta(days=day),
                cat_id=cat.id,
                owner_id=owner.id,
                clinic_id=vet["clinic_id"],
                veterinarian_id=vet["id"],
            )
        )
    session.flush()
    found = preferred_veterinarian(session, owner.id)
    return found and found.id


@pytest.mark.parametrize("often", [0, 1])
def test_who_was_seen_more_often_is_preferred(
    often: int, session: Session, colleagues: list[Row]
) -> None:
    one, other = colleagues[often], colleagues[1 - often]

    assert preferred_after(session, (one, 1), (one, 2), (other, 3)) == one["id"]


@pytest.mark.parametrize("late", [0, 1])
def test_of_two_seen_equally_often_the_one_seen_last_is_preferred(
    late: int, session: Session, colleagues: list[Row]
) -> None:
    one, other = colleagues[late], colleagues[1 - late]

    found = preferred_after(session, (one, 1), (other, 2), (other, 3), (one, 4))

    assert found == one["id"]


def test_of_two_seen_alike_the_preferred_one_is_always_the_same(
    session: Session, colleagues: list[Row]
) -> None:
    low, high = colleagues

    assert preferred_after(session, (high, 1), (low, 1)) == low["id"]


def test_before_a_first_visit_nobody_is_preferred(session: Session) -> None:
    assert preferred_after(session) is None
