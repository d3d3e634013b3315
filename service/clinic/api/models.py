"""Define what the JSON API takes and gives: the shapes in its OpenAPI document.

These models validate what is taken. Answers are made from rows, and these models document them;
the fuzz test holds the answers to the document.
"""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from clinic.pages.parameters import LONGEST_SURNAME

MOST_PER_PAGE = 100


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("this time cannot be written in UTC") from error


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("a name has no control characters")
    return text


class Problem(BaseModel):
    """Explain an error, and say what to do about it."""

    error: str
    message: str


class Paging(BaseModel):
    limit: int = Field(MOST_PER_PAGE, ge=1, le=MOST_PER_PAGE, description="How many at most.")
    offset: int = Field(0, ge=0, le=10**9, description="How many to skip.")


class OwnersQuery(Paging):
    name: Annotated[str, AfterValidator(_printable)] = Field(
        "", max_length=LONGEST_SURNAME, description="How the surname begins."
    )


class ClinicPath(BaseModel):
    clinic_id: UUID


class OwnerPath(BaseModel):
    owner_id: UUID


class VeterinarianPath(BaseModel):
    veterinarian_id: UUID


class AppointmentPath(BaseModel):
    appointment_id: UUID


class DayQuery(BaseModel):
    day: date = Field(description="A day of the calendar, in UTC.")


class BookingBody(BaseModel):
    """Ask for an appointment."""

    model_config = ConfigDict(extra="forbid")

    cat_id: UUID
    owner_id: UUID
    clinic_id: UUID
    veterinarian_id: UUID
    start: Annotated[AwareDatetime, AfterValidator(_utc)] = Field(
        description="On the hour or half hour, in the future, with a time zone."
    )


class Named(BaseModel):
    id: UUID
    name: str


class Part(BaseModel):
    """Hold a part of a list: `total` is the length of the whole."""

    total: int
    limit: int
    offset: int


class Clinics(Part):
    clinics: list[Named]


class VeterinarianJson(Named):
    license_number: str
    clinic_id: UUID


class Veterinarians(Part):
    veterinarians: list[VeterinarianJson]


class Owners(Part):
    owners: list[Named]


class OwnerJson(Named):
    preferred_veterinarian: VeterinarianJson | None


class CatJson(Named):
    age: int
    color: str
    lives: int


class Cats(Part):
    cats: list[CatJson]


class AppointmentJson(BaseModel):
    id: UUID
    start: datetime
    duration_minutes: int
    cat: Named
    owner: Named
    clinic: Named
    veterinarian: Named


class Appointments(Part):
    appointments: list[AppointmentJson]


class FreeSlots(BaseModel):
    veterinarian_id: UUID
    slots: list[datetime]


class Stories(BaseModel):
    clinic: str
    strategy: str
    count: int
    cats: list[CatJson]
