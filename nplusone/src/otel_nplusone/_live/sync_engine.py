"""Tell an async engine's own engine, without importing SQLAlchemy's asyncio."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine
    from sqlalchemy.ext.asyncio import AsyncEngine


def sync_engine(engine: "Engine | AsyncEngine") -> "Engine":
    """Return the engine that events are of.

    It asks for no type: SQLAlchemy's asyncio cannot be imported without greenlet.
    """
    return engine.sync_engine if hasattr(engine, "sync_engine") else engine
