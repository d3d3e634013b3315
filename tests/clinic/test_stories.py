"""Every strategy returns the same cats; they differ in what they send."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy.orm import Session

from clinic.db import make_engine
from clinic.errors import ClinicNotFound
from clinic.seed.generate import Rows
from clinic.stories import STRATEGIES, core, naive

from .spans import statements


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    engine = make_engine(database_url)
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_strategy_lists_every_cat_ever_seen_once_and_by_id(
    strategy: str, session: Session, rows: Rows
) -> None:
    for clinic in rows.clinic:
        seen = {a["cat_id"] for a in rows.appointment if a["clinic_id"] == clinic["id"]}

        cats = STRATEGIES[strategy](session, clinic["name"])

        assert [cat.id for cat in cats] == sorted(seen)


def test_strategies_agree_on_the_demo_dataset(demo_url: str, demo_rows: Rows) -> None:
    engine = make_engine(demo_url)
    name = demo_rows.clinic[7]["name"]

    with Session(engine) as session:
        answers = {
            strategy: [(c.id, c.name, c.age, c.color, c.lives) for c in read(session, name)]
            for strategy, read in STRATEGIES.items()
        }
    engine.dispose()

    assert len(answers["naive"]) > 100
    assert all(answer == answers["naive"] for answer in answers.values())


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_strategy_refuses_an_unknown_clinic(strategy: str, session: Session) -> None:
    with pytest.raises(ClinicNotFound, match="'Nowhere'"):
        STRATEGIES[strategy](session, "Nowhere")


def test_core_sends_one_statement(
    client: FlaskClient, exporter: InMemorySpanExporter, clinic_name: str
) -> None:
    client.get("/success-stories", query_string={"clinic": clinic_name, "strategy": core.__name__})

    assert len(statements(exporter)) == 1


def test_naive_sends_a_statement_for_each_veterinarian_and_each_appointment(
    client: FlaskClient, exporter: InMemorySpanExporter, clinic_name: str, rows: Rows
) -> None:
    clinic_id = rows.clinic[0]["id"]
    veterinarians = sum(v["clinic_id"] == clinic_id for v in rows.veterinarian)
    appointments = sum(a["clinic_id"] == clinic_id for a in rows.appointment)

    client.get("/success-stories", query_string={"clinic": clinic_name, "strategy": naive.__name__})

    assert len(statements(exporter)) == 2 + veterinarians + appointments
