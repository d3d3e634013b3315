"""Define the five tables of the clinic, and the rules that the database itself keeps.

Relationships raise when they are touched without having been loaded: a strategy
(stories/strategies.py) that needs them says how they are loaded.
"""

import enum
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

# Raise it with every change to the tables; schema.py checks it.
SCHEMA_VERSION = 2
CAT_LIVES = 9
APPOINTMENT_DURATION = timedelta(minutes=30)


class Color(enum.IntEnum):
    """Name a cat's fur, stored as its number."""

    BLACK = 1
    GRAY = 2
    ORANGE = 3
    OTHER = 4


class _Colors(dict[int | None, Color | None]):
    """Find a color by its number. A look-up calls no Python, and a page has hundreds of cats."""

    def __init__(self) -> None:
        super().__init__({None: None} | {int(color): color for color in Color})

    def __missing__(self, number: int | None) -> Color:
        raise ValueError(f"{number!r} is not the number of a color")


class ColorType(TypeDecorator[Color]):
    """Store a Color as an integer: short on disk, and renaming one touches no row."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Color | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value)

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[int | None], Color | None]:
        return _COLORS.__getitem__


_COLORS = _Colors()


class UtcDateTime(TypeDecorator[datetime]):
    """Store aware times as UTC and give aware times back, also on SQLite, which knows no zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; give times in UTC")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


def tomorrow_on_the_hour() -> datetime:
    """Return this time tomorrow, floored to the hour, in UTC."""
    return (datetime.now(UTC) + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)


class Base(DeclarativeBase):
    """Give every constraint a name, so that each database reports the same one."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )


class Person(Base):
    """Store somebody with a name: a cat's owner, or a veterinarian."""

    __tablename__ = "person"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    given_name: Mapped[str] = mapped_column(String(80))
    surname: Mapped[str] = mapped_column(String(80))

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.surname}"


class Cat(Base):
    """Store a cat, and the person who believes they own it."""

    __tablename__ = "cat"
    # The target of appointment's composite foreign key.
    __table_args__ = (UniqueConstraint("id", "owner_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    name: Mapped[str] = mapped_column(String(80))
    age: Mapped[int] = mapped_column(default=0)
    color: Mapped[Color] = mapped_column(ColorType, default=Color.OTHER)
    lives: Mapped[int] = mapped_column(default=CAT_LIVES)
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)


class Clinic(Base):
    """Store a clinic; the pages look it up by its name."""

    __tablename__ = "clinic"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    name: Mapped[str] = mapped_column(String(120), unique=True)

    veterinarians: Mapped[list["Veterinarian"]] = relationship(lazy="raise", viewonly=True)


class Veterinarian(Person):
    """Store a person who works at a clinic (joined-table inheritance)."""

    __tablename__ = "veterinarian"
    # The target of appointment's composite foreign key.
    __table_args__ = (UniqueConstraint("id", "clinic_id"),)

    id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    license_number: Mapped[str] = mapped_column(String(20))
    clinic_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("clinic.id"), index=True)

    appointments: Mapped[list["Appointment"]] = relationship(
        lazy="raise",
        viewonly=True,
        foreign_keys="Appointment.veterinarian_id",
        primaryjoin="Veterinarian.id == Appointment.veterinarian_id",
    )


class Appointment(Base):
    """Store one visit: this cat of this owner at this clinic with this veterinarian."""

    __tablename__ = "appointment"
    __table_args__ = (
        # The veterinarian works at that clinic, and the cat belongs to that owner.
        ForeignKeyConstraint(
            ["veterinarian_id", "clinic_id"], ["veterinarian.id", "veterinarian.clinic_id"]
        ),
        ForeignKeyConstraint(["cat_id", "owner_id"], ["cat.id", "cat.owner_id"]),
        UniqueConstraint("veterinarian_id", "start"),
        # Starts lie on the half hour. SQLite stores times as text, always with six decimals.
        # (PostgreSQL bins a time in a tenth of the time that EXTRACT's decimals take.)
        CheckConstraint(
            "date_bin('30 minutes', start, TIMESTAMPTZ 'epoch') = start", name="half_hour"
        ).ddl_if(dialect="postgresql"),
        CheckConstraint(
            "substr(start, 15) IN ('00:00.000000', '30:00.000000')", name="half_hour"
        ).ddl_if(dialect="sqlite"),
        # Every foreign key is indexed: the incident is about the number of queries,
        # not about a missing index. (veterinarian_id leads the unique constraint above.)
        Index(None, "cat_id", "owner_id"),
        Index(None, "clinic_id"),
        Index(None, "owner_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    start: Mapped[datetime] = mapped_column(UtcDateTime, default=tomorrow_on_the_hour)
    duration: Mapped[timedelta] = mapped_column(default=APPOINTMENT_DURATION)
    cat_id: Mapped[uuid.UUID]
    clinic_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("clinic.id"))
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    veterinarian_id: Mapped[uuid.UUID]

    cat: Mapped[Cat] = relationship(
        lazy="raise",
        viewonly=True,
        foreign_keys="Appointment.cat_id",
        primaryjoin="Cat.id == Appointment.cat_id",
    )
