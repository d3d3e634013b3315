"""Make the rows of a dataset: the same rows for the same seed, on every machine.

clinic ◄── veterinarian                 a person keeps to one clinic and one veterinarian,
  ▲             ▲                       and every appointment is for one of their own cats
  └─ appointment ┘──► cat ──► person

Rows are columns of numpy arrays, and refer to one another by position: four million of them fit
into 300 MB and take seconds. Ids are random (version 4) and dealt in ascending order, and a
veterinarian's appointments come by their starts, so that every index is appended to.
"""

from itertools import product

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from clinic.errors import SeedError
from clinic.models import CAT_LIVES, Color
from clinic.seed import names
from clinic.seed.datasets import Dataset
from clinic.seed.rows import Ids, Rows

__all__ = ["Rows", "generate"]

MAX_CAT_AGE = 20
Indexes = NDArray[np.int32]


def generate(dataset: Dataset, seed: int) -> Rows:
    """Return all rows of a dataset; raise SeedError for more clinics than there are names."""
    rng = np.random.Generator(np.random.PCG64(seed))
    staff = _between(rng, dataset.veterinarians_per_clinic, dataset.clinics)
    cats = _between(rng, dataset.cats_per_person, dataset.people)
    visits = _between(rng, dataset.appointments_per_person, dataset.people)
    veterinarians, people = int(staff.sum()), int(staff.sum()) + dataset.people
    cat_owner = np.repeat(np.arange(dataset.people, dtype=np.int32), cats) + veterinarians
    visit_cat, visit_veterinarian, visit_slot = _visits(rng, staff, cats, visits)
    return Rows(
        clinic_ids=_ids(rng, dataset.clinics),
        clinic_names=_clinic_names(rng, dataset.clinics),
        # Veterinarians first: they are people too.
        person_ids=_ids(rng, people),
        given_names=_choice(rng, len(names.GIVEN_NAMES), people),
        surnames=_choice(rng, len(names.SURNAMES), people),
        licenses=rng.integers(10**6, size=veterinarians, dtype=np.int32),
        veterinarian_clinic=np.repeat(np.arange(dataset.clinics, dtype=np.int32), staff),
        cat_ids=_ids(rng, len(cat_owner)),
        cat_names=_choice(rng, len(names.CAT_NAMES), len(cat_owner)),
        cat_ages=_choice(rng, MAX_CAT_AGE + 1, len(cat_owner)),
        cat_colors=_choice(rng, len(Color), len(cat_owner)) + np.int32(1),
        cat_lives=_choice(rng, CAT_LIVES, len(cat_owner)) + np.int32(1),
        cat_owner=cat_owner,
        visit_ids=_ids(rng, len(visit_cat)),
        visit_cat=visit_cat,
        visit_veterinarian=visit_veterinarian,
        visit_slot=visit_slot,
    )


def _between(rng: Generator, limits: tuple[int, int], size: int) -> Indexes:
    return rng.integers(limits[0], limits[1] + 1, size=size, dtype=np.int32)


def _choice(rng: Generator, below: int, size: int) -> Indexes:
    return rng.integers(below, size=size, dtype=np.int32)


def _clinic_names(rng: Generator, count: int) -> list[str]:
    every = [f"{place} {kind}" for place, kind in product(names.CLINIC_PLACES, names.CLINIC_KINDS)]
    if count > len(every):
        raise SeedError(f"There are names for {len(every)} clinics, and not for {count}.")
    return [every[number] for number in rng.permutation(len(every))[:count]]


def _ids(rng: Generator, size: int) -> Ids:
    """Return random UUIDs in ascending order, each as its 16 bytes."""
    halves = rng.integers(2**64, size=(size, 2), dtype=np.uint64)
    high, low = np.sort(halves[:, 0]), halves[:, 1]
    high = (high & ~np.uint64(0xF000)) | np.uint64(0x4000)  # version 4
    low = (low & np.uint64(2**62 - 1)) | np.uint64(2**63)  # variant 1
    return np.column_stack([high, low]).astype(">u8").view(np.uint8).reshape(size, 16)


def _visits(
    rng: Generator, staff: Indexes, cats: Indexes, visits: Indexes
) -> tuple[Indexes, Indexes, Indexes]:
    """Return each appointment's cat, veterinarian and half hour, by veterinarian and start.

    People are dealt out to the clinics one after another: a random assignment would leave some
    clinics half as full. Half hours are counted back from the last appointment of all.
    """
    owner = np.repeat(np.arange(len(visits), dtype=np.int32), visits)
    first_cat = np.cumsum(cats) - cats
    cat = first_cat[owner] + (rng.random(len(owner)) * cats[owner]).astype(np.int64)
    clinic, turn = owner % len(staff), owner // len(staff)
    veterinarian = (np.cumsum(staff) - staff)[clinic] + turn % staff[clinic]
    shuffled = (veterinarian.astype(np.uint64) << np.uint64(32)) | rng.integers(
        2**32, size=len(owner), dtype=np.uint64
    )
    order = np.argsort(shuffled, kind="stable")
    cat, veterinarian = cat[order], veterinarian[order]
    ends = np.cumsum(np.bincount(veterinarian, minlength=int(staff.sum())))
    slot = ends[veterinarian] - 1 - np.arange(len(owner))
    return cat.astype(np.int32), veterinarian.astype(np.int32), slot.astype(np.int32)
