"""Test that every strategy returns the same cats; they differ in what they send."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import select
from sqlalchemy.exc import InvalidRequestError

from clinic.db import ClinicSession, make_engine
from clinic.errors import ClinicNotFound
from clinic.models import Clinic
from clinic.seed.rows import Rows
from clinic.stories.names import STRATEGY_NAMES
from clinic.stories.strategies import STRATEGIES
from tests.clinic.spans import statements


def test_each_strategy_can_be_named_without_reading_cats() -> None:
    assert tuple(STRATEGIES) == STRATEGY_NAMES


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_strategy_lists_every_cat_ever_seen_once_and_by_id(
    strategy: str, session: ClinicSession, rows: Rows
) -> None:
    for clinic in rows.clinic:
        seen = {a["cat_id"] for a in rows.appointment if a["clinic_id"] == clinic["id"]}

        cats = STRATEGIES[strategy](session, clinic["name"])

        assert [cat.id for cat in cats] == sorted(seen)


def test_strategies_agree_on_the_demo_dataset(demo_url: str, demo_rows: Rows) -> None:
    engine = make_engine(demo_url)
    name = demo_rows.clinic[7]["name"]

    with ClinicSession(engine) as session:
        answers = {
            strategy: [(c.id, c.name, c.age, c.color, c.lives) for c in read(session, name)]
            for strategy, read in STRATEGIES.items()
        }
    engine.dispose()

    assert len(answers["naive"]) > 100
    assert all(answer == answers["naive"] for answer in answers.values())


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_strategy_refuses_an_unknown_clinic(strategy: str, session: ClinicSession) -> None:
    with pytest.raises(ClinicNotFound, match="'Nowhere'"):
        STRATEGIES[strategy](session, "Nowhere")


@pytest.mark.parametrize(
    ("strategy", "count"),
    [
        ("naive", lambda v, a, c: 2 + v + a),
        ("identity_map", lambda v, a, c: 2 + v + c),
        ("lazy", lambda v, a, c: 2 + v + c),
        ("selectin", lambda v, a, c: 4),
        ("subquery", lambda v, a, c: 4),
        ("joined", lambda v, a, c: 1),
        ("batched", lambda v, a, c: 2 + v),
        ("distinct", lambda v, a, c: 1),
        ("exists", lambda v, a, c: 1),
        ("in_subquery", lambda v, a, c: 1),
        ("core", lambda v, a, c: 1),
    ],
)
def test_strategy_sends_as_many_statements_as_it_says(
    strategy: str,
    count: Callable[[int, int, int], int],
    client: FlaskClient,
    exporter: InMemorySpanExporter,
    clinic_name: str,
    rows: Rows,
) -> None:
    clinic_id = rows.clinic[0]["id"]
    veterinarians = sum(v["clinic_id"] == clinic_id for v in rows.veterinarian)
    visits = [a["cat_id"] for a in rows.appointment if a["clinic_id"] == clinic_id]

    client.get("/success-stories", query_string={"clinic": clinic_name, "strategy": strategy})

    assert len(statements(exporter)) == count(veterinarians, len(visits), len(set(visits)))


def test_relationship_that_nobody_chose_to_load_raises(session: ClinicSession) -> None:
    clinic = session.scalars(select(Clinic).limit(1)).one()

    with pytest.raises(InvalidRequestError, match="lazy='raise'"):
        len(clinic.veterinarians)
