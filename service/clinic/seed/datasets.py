"""Name the datasets and their sizes."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Hold the sizes of one dataset; ranges are inclusive."""

    name: str
    clinics: int
    veterinarians_per_clinic: tuple[int, int]
    people: int
    cats_per_person: tuple[int, int]
    appointments_per_person: tuple[int, int]


DATASETS: Mapping[str, Dataset] = MappingProxyType(
    {
        # What QA had: small enough that the page felt quick.
        "test": Dataset(
            name="test",
            clinics=3,
            veterinarians_per_clinic=(1, 5),
            people=50,
            cats_per_person=(1, 3),
            appointments_per_person=(1, 4),
        ),
        # The incident on a laptop: about 500 appointments at each clinic.
        "demo": Dataset(
            name="demo",
            clinics=100,
            veterinarians_per_clinic=(10, 10),
            people=2_000,
            cats_per_person=(1, 30),
            appointments_per_person=(10, 40),
        ),
        # The incident at full size: about 25,000 appointments at each clinic.
        "prod": Dataset(
            name="prod",
            clinics=100,
            veterinarians_per_clinic=(1, 5),
            people=100_000,
            cats_per_person=(1, 30),
            appointments_per_person=(10, 40),
        ),
    }
)
