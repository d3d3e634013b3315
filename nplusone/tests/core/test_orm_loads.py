"""Test that what SQLAlchemy loads by itself is told as the cause of a statement."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Column, Engine, ForeignKey, Integer, String, create_engine, select
from sqlalchemy.orm import Session, declarative_base, deferred, relationship
from sqlalchemy.pool import StaticPool

from otel_nplusone._live.callsite import CallSite
from otel_nplusone._testing.recorder import record_queries

Base: Any = declarative_base()


class Pet(Base):  # type: ignore[misc]  # the base of 1.4 has no type
    __tablename__ = "pet"
    id: Any = Column(Integer, primary_key=True)
    name: Any = Column(String, default="Minka")
    notes = deferred(Column(String))
    kind: Any = Column(String)
    owner_id: Any = Column(ForeignKey("owner.id"))
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "pet"}  # noqa: RUF012


class Cat(Pet):
    __tablename__ = "cat"
    id: Any = Column(ForeignKey("pet.id"), primary_key=True)
    lives: Any = Column(Integer, default=9)
    __mapper_args__ = {"polymorphic_identity": "cat"}  # noqa: RUF012


class Owner(Base):  # type: ignore[misc]  # the base of 1.4 has no type
    __tablename__ = "owner"
    id: Any = Column(Integer, primary_key=True)
    pets = relationship("Pet", lazy="dynamic")
    animals = relationship("Pet", viewonly=True)


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Owner(id=1), Cat(id=1, owner_id=1), Cat(id=2, owner_id=1)])
        session.commit()
    yield engine
    engine.dispose()


def last(engine: Engine, touch: Any, entity: Any = Cat) -> CallSite:
    """Return where the last statement was sent that touching an object sends."""
    with Session(engine) as session:
        found = session.scalars(select(entity)).first()
        with record_queries() as seen:
            touch(session, found)
    caller = seen[-1].caller
    assert caller is not None
    assert caller.file == __file__
    return caller


def test_a_deferred_column_is_told(engine: Engine) -> None:
    assert last(engine, lambda _, cat: cat.notes).load in (
        "deferred Pet.notes",
        "deferred Cat.notes",
    )


def test_an_expired_object_is_told(engine: Engine) -> None:
    def touch(session: Session, cat: Any) -> None:
        session.commit()
        _ = cat.name

    assert last(engine, touch).load == "expired Cat"


def test_a_subclass_whose_columns_were_not_read_is_told(engine: Engine) -> None:
    assert last(engine, lambda _, cat: cat.lives, Pet).load == "polymorphic Cat"


@pytest.mark.parametrize("ask", [list, lambda pets: pets.all(), lambda pets: pets.count()])
def test_a_dynamic_relationship_is_told(ask: Any, engine: Engine) -> None:
    assert last(engine, lambda _, owner: ask(owner.pets), Owner).load == "dynamic Owner.pets"


def test_a_relationship_is_told_by_its_name_alone(engine: Engine) -> None:
    site = last(engine, lambda _, owner: owner.animals, Owner)

    assert (site.relationship, site.load) == ("Owner.animals", None)


def test_a_query_of_the_application_is_no_load(engine: Engine) -> None:
    site = last(engine, lambda session, _: session.scalars(select(Cat)).all())

    assert (site.relationship, site.load) == (None, None)


def test_a_relationship_that_asyncio_waits_for_is_told(engine: Engine) -> None:
    from sqlalchemy.util.concurrency import greenlet_spawn

    def touch(_: Session, owner: Any) -> None:
        async def wait() -> None:
            await greenlet_spawn(getattr, owner, "animals")  # as AsyncAttrs does

        asyncio.run(wait())

    site = last(engine, touch, Owner)
    assert (site.relationship, site.load) == ("Owner.animals", "awaited Owner.animals")
