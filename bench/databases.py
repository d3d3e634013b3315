"""Measure on both databases, each made for the measurement."""

import tempfile
from collections.abc import Callable, Mapping
from typing import TypeVar

from harness.parts.postgres import running_postgres

T = TypeVar("T")


def on_both(measure_on: Callable[[str, str], Mapping[str, T]]) -> dict[str, T]:
    """Return the figures of SQLite and PostgreSQL; `measure_on` takes the kind and the address."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        sqlite = measure_on("sqlite", f"sqlite:///{folder}/clinic.db")
    with running_postgres() as cluster:
        postgresql = measure_on("postgresql", cluster.create_database())
    return {**sqlite, **postgresql}
