"""Hold the rows of a dataset by column, and give them as mappings where a few are looked at."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinic.models import APPOINTMENT_DURATION, Color
from clinic.seed import names

Row = dict[str, Any]
Ids = NDArray[np.uint8]
Indexes = NDArray[np.int32]

# Appointments are dealt backwards from here, so that they lie in the past.
LAST_APPOINTMENT = datetime(2025, 12, 31, 17, 0, tzinfo=UTC)
SLOTS_PER_DAY = 18


def start_of(slot: int) -> datetime:
    """Return the start of a half hour that is counted back from the last appointment."""
    day, half_hour = divmod(slot, SLOTS_PER_DAY)
    return LAST_APPOINTMENT - timedelta(days=day, minutes=30 * half_hour)


def license_number(number: int) -> str:
    """Return a license number as it is written."""
    return f"V-{number:06d}"


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Hold columns: ids as 16 bytes each, names as positions in names.py, references as positions.

    A veterinarian is the person of the same position. Not slotted: the mappings are kept.
    """

    clinic_ids: Ids
    clinic_names: list[str]
    person_ids: Ids
    given_names: Indexes
    surnames: Indexes
    licenses: Indexes
    veterinarian_clinic: Indexes
    cat_ids: Ids
    cat_names: Indexes
    cat_ages: Indexes
    cat_colors: Indexes
    cat_lives: Indexes
    cat_owner: Indexes
    visit_ids: Ids
    visit_cat: Indexes
    visit_veterinarian: Indexes
    visit_slot: Indexes

    @property
    def counts(self) -> dict[str, int]:
        """Return how many rows each table has, in the order that foreign keys ask for."""
        return {
            "clinic": len(self.clinic_ids),
            "person": len(self.person_ids),
            "veterinarian": len(self.licenses),
            "cat": len(self.cat_ids),
            "appointment": len(self.visit_ids),
        }

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @cached_property
    def clinic(self) -> list[Row]:
        return [
            {"id": key, "name": name}
            for key, name in zip(_uuids(self.clinic_ids), self.clinic_names, strict=True)
        ]

    @cached_property
    def person(self) -> list[Row]:
        columns = (_uuids(self.person_ids), self.given_names.tolist(), self.surnames.tolist())
        return [
            {
                "id": key,
                "given_name": names.GIVEN_NAMES[given],
                "surname": names.SURNAMES[surname],
            }
            for key, given, surname in zip(*columns, strict=True)
        ]

    @cached_property
    def veterinarian(self) -> list[Row]:
        return [
            {
                "id": person["id"],
                "license_number": license_number(number),
                "clinic_id": self.clinic[clinic]["id"],
            }
            for person, number, clinic in zip(
                self.person, self.licenses.tolist(), self.veterinarian_clinic.tolist(), strict=False
            )
        ]

    @cached_property
    def cat(self) -> list[Row]:
        columns = (
            _uuids(self.cat_ids),
            self.cat_names.tolist(),
            self.cat_ages.tolist(),
            self.cat_colors.tolist(),
            self.cat_lives.tolist(),
            self.cat_owner.tolist(),
        )
        return [
            {
                "id": key,
                "name": names.CAT_NAMES[name],
                "age": age,
                "color": Color(color),
                "lives": lives,
                "owner_id": self.person[owner]["id"],
            }
            for key, name, age, color, lives, owner in zip(*columns, strict=True)
        ]

    @cached_property
    def appointment(self) -> list[Row]:
        columns = (
            _uuids(self.visit_ids),
            self.visit_cat.tolist(),
            self.visit_veterinarian.tolist(),
            self.visit_slot.tolist(),
        )
        return [
            {
                "id": key,
                "start": start_of(slot),
                "duration": APPOINTMENT_DURATION,
                "cat_id": self.cat[cat]["id"],
                "owner_id": self.cat[cat]["owner_id"],
                "clinic_id": self.veterinarian[veterinarian]["clinic_id"],
                "veterinarian_id": self.veterinarian[veterinarian]["id"],
            }
            for key, cat, veterinarian, slot in zip(*columns, strict=True)
        ]


def _uuids(ids: Ids) -> Iterator[uuid.UUID]:
    return (uuid.UUID(bytes=row.tobytes()) for row in ids)
