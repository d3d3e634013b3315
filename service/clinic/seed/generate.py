"""Make the rows of a dataset: the same rows for the same seed, on every machine.

clinic ◄── veterinarian                 a person keeps to one clinic and one veterinarian,
  ▲             ▲                       and every appointment is for one of their own cats
  └─ appointment ┘──► cat ──► person
"""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

from clinic.models import APPOINTMENT_DURATION, CAT_LIVES, Color
from clinic.seed import names
from clinic.seed.datasets import Dataset

Row = dict[str, Any]

# Appointments are dealt backwards from here, so that they lie in the past.
LAST_APPOINTMENT = datetime(2025, 12, 31, 17, 0, tzinfo=UTC)
SLOTS_PER_DAY = 18
MAX_CAT_AGE = 20
FUR = (Color.BLACK, Color.GRAY, Color.ORANGE, Color.OTHER)


@dataclass(slots=True)
class Rows:
    """Rows by table, each a column-to-value mapping, parents before children."""

    clinic: list[Row] = field(default_factory=list)
    person: list[Row] = field(default_factory=list)
    veterinarian: list[Row] = field(default_factory=list)
    cat: list[Row] = field(default_factory=list)
    appointment: list[Row] = field(default_factory=list)

    def tables(self) -> Iterator[tuple[str, list[Row]]]:
        """Yield (table, rows) in the order in which foreign keys allow them to be stored."""
        for table in ("clinic", "person", "veterinarian", "cat", "appointment"):
            yield table, getattr(self, table)


def generate(dataset: Dataset, seed: int) -> Rows:
    """Return all rows of a dataset."""
    rng = random.Random(seed)
    rows = Rows()
    for name in _clinic_names(rng, dataset.clinics):
        rows.clinic.append({"id": _uuid(rng), "name": name})
    staff = [_veterinarians(rng, dataset, clinic["id"], rows) for clinic in rows.clinic]
    taken = dict.fromkeys((vet["id"] for vets in staff for vet in vets), 0)
    owners = [_person(rng, rows) for _ in range(dataset.people)]
    cats = [_cats(rng, dataset, owner, rows) for owner in owners]
    # Dealt out one after another: a random assignment would leave some clinics half as full.
    for number, (owner, own_cats) in enumerate(zip(owners, cats, strict=True)):
        vets = staff[number % dataset.clinics]
        veterinarian = vets[number // dataset.clinics % len(vets)]
        for _ in range(rng.randint(*dataset.appointments_per_person)):
            rows.appointment.append(_appointment(rng, owner, rng.choice(own_cats), veterinarian))
    _deal_starts(rng, rows.appointment, taken)
    return rows


def _uuid(rng: random.Random) -> uuid.UUID:
    return uuid.UUID(int=rng.getrandbits(128), version=4)


def _clinic_names(rng: random.Random, count: int) -> list[str]:
    every = [f"{place} {kind}" for place, kind in product(names.CLINIC_PLACES, names.CLINIC_KINDS)]
    return rng.sample(every, count)


def _person(rng: random.Random, rows: Rows) -> Row:
    person = {
        "id": _uuid(rng),
        "given_name": rng.choice(names.GIVEN_NAMES),
        "surname": rng.choice(names.SURNAMES),
    }
    rows.person.append(person)
    return person


def _veterinarians(
    rng: random.Random, dataset: Dataset, clinic_id: uuid.UUID, rows: Rows
) -> list[Row]:
    hired = [
        {
            "id": _person(rng, rows)["id"],
            "license_number": f"V-{rng.randrange(10**6):06d}",
            "clinic_id": clinic_id,
        }
        for _ in range(rng.randint(*dataset.veterinarians_per_clinic))
    ]
    rows.veterinarian.extend(hired)
    return hired


def _cats(rng: random.Random, dataset: Dataset, owner: Row, rows: Rows) -> list[Row]:
    own = [
        {
            "id": _uuid(rng),
            "name": rng.choice(names.CAT_NAMES),
            "age": rng.randint(0, MAX_CAT_AGE),
            "color": rng.choice(FUR),
            "lives": rng.randint(1, CAT_LIVES),
            "owner_id": owner["id"],
        }
        for _ in range(rng.randint(*dataset.cats_per_person))
    ]
    rows.cat.extend(own)
    return own


def _appointment(rng: random.Random, owner: Row, cat: Row, veterinarian: Row) -> Row:
    return {
        "id": _uuid(rng),
        "duration": APPOINTMENT_DURATION,
        "cat_id": cat["id"],
        "owner_id": owner["id"],
        "clinic_id": veterinarian["clinic_id"],
        "veterinarian_id": veterinarian["id"],
    }


def _deal_starts(rng: random.Random, appointments: list[Row], taken: dict[uuid.UUID, int]) -> None:
    """Give every appointment the next free half hour of its veterinarian, going back in time."""
    rng.shuffle(appointments)
    for appointment in appointments:
        slot = taken[appointment["veterinarian_id"]]
        taken[appointment["veterinarian_id"]] += 1
        day, half_hour = divmod(slot, SLOTS_PER_DAY)
        appointment["start"] = LAST_APPOINTMENT - timedelta(days=day, minutes=30 * half_hour)
