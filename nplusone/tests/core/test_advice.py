"""Test that advice fits library, statement and cause, and has no other library's words."""

import re
from typing import Any

import pytest

from nplusone.tests.traces import Drawing
from otel_nplusone._core.advice import advise
from otel_nplusone._core.detect import find_n_plus_one
from otel_nplusone._core.framework_words import PLAIN, WORDS
from otel_nplusone._core.frameworks import framework_of
from otel_nplusone._core.model import Repeats, SpanKind

SQLALCHEMY = "python opentelemetry.instrumentation.sqlalchemy"
JDBC = "java io.opentelemetry.jdbc"
PSYCOPG = "python opentelemetry.instrumentation.psycopg"
BY_KEY = "SELECT cat.name FROM cat WHERE cat.id = ?"
BY_OWNER = "SELECT cat.name FROM cat WHERE cat.owner_id = ?"
COUNTED = "SELECT count(*) FROM cat WHERE cat.owner_id = ?"
LINKED = (
    "SELECT tag.name FROM tag INNER JOIN post_tag ON tag.id = post_tag.tag_id"
    " WHERE post_tag.post_id = ?"
)
# Words that belong to one library alone.
OWN_WORDS = {
    "sqlalchemy": "joinedload|selectinload|secondary|undefer|session",
    "django": "prefetch_related|select_related|annotate|FETCH_PEERS|bulk_create",
    "hibernate": "JOIN FETCH|@BatchSize|hibernate",
    "efcore": r"\.Include|SaveChanges|AsSplitQuery",
    "activerecord": r"includes\(:|insert_all",
    "prisma": "findMany|createMany",
    "gorm": "Preload|CreateInBatches",
    "ent": r"With…|CreateBulk",
    "doctrine": "DQL|DBAL",
    "eloquent": r"with\('…'\)|withCount",
    "sequelize": r"include: \[Model|bulkCreate",
    "typeorm": "leftJoinAndSelect|loadRelation",
}
SHARED = {"tortoise": {"django"}, "peewee": {"django"}, "spring_data": {"hibernate"}}


def told(statement: str, *, origin: str = "", around: str = "", **attributes: object) -> Repeats:
    """Return what is found of a loop that sends a statement; `around` made the span around it."""
    drawing = Drawing(origin=origin)
    parent = drawing.server()
    if around:
        drawing.origin = around
        parent = drawing.span(parent, name="around")
        drawing.origin = origin
    for number in range(6):
        drawing.sql(parent, statement, nplusone__values_hash=str(number), **attributes)  # type: ignore[arg-type]  # attributes have dots
    (finding,) = find_n_plus_one(drawing.trace())
    return finding.what


@pytest.mark.parametrize(
    ("origins", "statement", "framework"),
    [
        ((SQLALCHEMY,), BY_KEY, "sqlalchemy"),
        ((PSYCOPG, "python opentelemetry.instrumentation.django"), BY_KEY, "django"),
        (
            (PSYCOPG, "python opentelemetry.instrumentation.django"),
            "SELECT name FROM cat WHERE id = ?",
            "",
        ),
        ((SQLALCHEMY, "python opentelemetry.instrumentation.django"), BY_KEY, "sqlalchemy"),
        ((PSYCOPG, "python opentelemetry.instrumentation.flask"), BY_KEY, ""),
        ((PSYCOPG,), "SELECT t1.id FROM cat AS t1 WHERE (t1.id = ?)", "peewee"),
        (
            (JDBC, "java io.opentelemetry.hibernate-6.0"),
            BY_KEY,
            "hibernate",
        ),
        ((JDBC,), "SELECT s1_0.id FROM Ship s1_0", "hibernate"),
        (("- io.opentelemetry.jdbc",), BY_KEY, ""),
        (
            (JDBC, "java io.opentelemetry.spring-data-1.8"),
            "",
            "spring_data",
        ),
        (("dotnet OpenTelemetry.Instrumentation.EntityFrameworkCore",), "", "efcore"),
        (("dotnet OpenTelemetry.Instrumentation.SqlClient",), BY_KEY, ""),
        (
            (
                "ruby OpenTelemetry::Instrumentation::PG",
                "ruby OpenTelemetry::Instrumentation::ActiveRecord",
            ),
            "",
            "activerecord",
        ),
        (
            ("- OpenTelemetry::Instrumentation::Mysql2",),
            "SELECT cats.* FROM cats WHERE cats.id = ? LIMIT ?",
            "activerecord",
        ),
        (("nodejs prisma",), BY_KEY, "prisma"),
        (("go gorm.io/plugin/opentelemetry",), "", "gorm"),
        (("go github.com/uptrace/opentelemetry-go-extra/otelgorm",), "", "gorm"),
        (("go entgo.io/contrib/entotel",), "", "ent"),
        (("go github.com/XSAM/otelsql",), BY_KEY, ""),
        (("php io.opentelemetry.contrib.php.doctrine",), "", "doctrine"),
        (
            ("php io.opentelemetry.contrib.php.pdo",),
            "SELECT t0.id AS id_1, t0.name AS name_2 FROM cat t0 WHERE t0.id = ?",
            "doctrine",
        ),
        (("php io.opentelemetry.contrib.php.pdo",), BY_KEY, ""),
        (("php io.opentelemetry.contrib.php.laravel",), "", "eloquent"),
        (
            ("nodejs @opentelemetry/instrumentation-pg",),
            "SELECT Cat.id AS Cat_id FROM cat Cat WHERE Cat.id = ?",
            "typeorm",
        ),
        (
            ("nodejs @opentelemetry/instrumentation-pg",),
            "SELECT id, name FROM cats AS cat WHERE cat.id = ?",
            "sequelize",
        ),
        (("nodejs @opentelemetry/instrumentation-knex",), "", "knex"),
        ((), BY_KEY, ""),
    ],
)
def test_a_library_is_known_by_scopes_and_forms(
    origins: tuple[str, ...], statement: str, framework: str
) -> None:
    assert framework_of(origins, statement) == framework


def of_library(name: str, statement: str) -> str:
    """Return the advice for a statement that a library is known to have made."""
    scopes = {"spring_data": "spring-data", "ent": "entgo.io", "efcore": "EntityFrameworkCore"}
    origin = {"django": "python opentelemetry.instrumentation.django"}.get(
        name, f"- io.{scopes.get(name, name)}"
    )
    what = told(statement, origin=origin)
    assert what.framework == name
    return advise(what)


@pytest.mark.parametrize("name", sorted(set(WORDS) - {"peewee"}))
@pytest.mark.parametrize("statement", [BY_KEY, BY_OWNER, COUNTED, LINKED])
def test_advice_is_in_the_words_of_the_library_alone(name: str, statement: str) -> None:
    advice = of_library(name, statement)

    for other, words in OWN_WORDS.items():
        if other != name and other not in SHARED.get(name, ()):
            assert not re.search(words, advice), (other, advice)
    assert "{" not in advice.replace("{ ", "").replace("${", "")


@pytest.mark.parametrize(
    ("name", "statement", "says"),
    [
        ("sqlalchemy", BY_KEY, "joinedload() or selectinload()"),
        ("sqlalchemy", BY_OWNER, "cat.owner_id IN (…)"),
        ("sqlalchemy", COUNTED, "func.count()).group_by(cat.owner_id)"),
        ("sqlalchemy", LINKED, "relationship(secondary=post_tag)"),
        ("django", BY_KEY, "fetch_mode(FETCH_PEERS)"),
        ("django", BY_KEY, "select_related"),
        ("django", BY_OWNER, "prefetch_related"),
        ("django", COUNTED, 'annotate(Count("…"))'),
        ("hibernate", BY_KEY, "JOIN FETCH"),
        ("spring_data", BY_KEY, "@EntityGraph"),
        ("efcore", BY_KEY, ".Include(x => …)"),
        ("efcore", COUNTED, "new { x, Count = x.….Count() }"),
        ("activerecord", BY_KEY, "includes(:…)"),
        ("activerecord", COUNTED, ".group(:owner_id).count"),
        ("prisma", BY_KEY, "include: { … }"),
        ("gorm", BY_KEY, 'Preload("…")'),
        ("ent", BY_KEY, "With…()"),
        ("doctrine", BY_KEY, "fetch join"),
        ("typeorm", BY_KEY, "relations: { … }"),
    ],
)
def test_advice_names_what_the_library_has(name: str, statement: str, says: str) -> None:
    assert says in of_library(name, statement)


@pytest.mark.parametrize("statement", [BY_KEY, BY_OWNER, COUNTED, LINKED])
def test_who_uses_no_library_hears_of_none(statement: str) -> None:
    advice = advise(told(statement, origin=PSYCOPG))

    assert not re.search("|".join(OWN_WORDS.values()), advice)


@pytest.mark.parametrize(
    "statement",
    [
        COUNTED,
        "SELECT sum(visit.price) AS total FROM visit WHERE visit.cat_id = ? AND visit.paid = ?",
        "SELECT max(born) FROM cat WHERE owner_id = ?",
        "SELECT COUNT(*) AS n FROM (SELECT id FROM cat WHERE cat.owner_id = ?) AS inner_",
        "SELECT (CAST(SUM(visit.price) AS NUMERIC)) AS total FROM visit WHERE visit.cat_id = ?",
        "SELECT COALESCE(SUM(price), ?) FROM visit WHERE (visit.day >= ? AND visit.day < ?)",
        "SELECT count(*) FROM cat WHERE born BETWEEN ? AND ?",
    ],
)
def test_counts_and_sums_in_a_loop_are_one_group_by(statement: str) -> None:
    assert "GROUP BY" in advise(told(statement, origin=PSYCOPG))


def test_number_of_a_range_is_not_called_a_row() -> None:
    statement = "SELECT sum(price) FROM visit WHERE (day >= ? AND day < ?)"

    assert "read by itself" not in advise(told(statement, origin=PSYCOPG))


def test_tables_that_are_read_in_turn_are_named_and_not_called_polymorphic_alone() -> None:
    drawing = Drawing(origin="python opentelemetry.instrumentation.sqlite3")
    page = drawing.server()
    for table in ("product", "partner", "product", "partner", "product", "partner"):
        drawing.sql(page, f"SELECT {table}.id, {table}.name FROM {table} WHERE {table}.id = ?")
    (finding,) = find_n_plus_one(drawing.trace())

    advice = advise(finding.what)

    assert advice.startswith("Rows of product, partner are loaded one by one, in turn")
    assert "by type" in advice


@pytest.mark.parametrize(
    ("statement", "link"),
    [
        (LINKED, "post_tag"),
        (
            "SELECT tag.id FROM tag, post_tag WHERE ? = post_tag.post_id"
            " AND tag.id = post_tag.tag_id",
            "post_tag",
        ),
        (
            "SELECT post_tag.post_id, post_tag.tag_id FROM post_tag WHERE post_tag.post_id = ?",
            "post_tag",
        ),
        ("SELECT id, post_id, tag_id FROM post_tag WHERE post_id = ?", "post_tag"),
    ],
)
def test_a_link_table_is_named(statement: str, link: str) -> None:
    assert f"the link table {link} leads to" in advise(told(statement, origin=SQLALCHEMY))


def test_a_row_that_has_keys_and_more_is_no_link() -> None:
    statement = "SELECT id, cat_id, vet_id, start FROM visit WHERE cat_id = ?"

    assert "link table" not in advise(told(statement))


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        (
            {"nplusone__relationship": "Owner.cats"},
            "select(Owner).options(selectinload(Owner.cats)).",
        ),
        (
            {"nplusone__relationship": "Owner.cats", "nplusone__load": "awaited Owner.cats"},
            "Each is awaited by itself. Load it with the query before",
        ),
        ({"nplusone__load": "deferred Cat.notes"}, "options(undefer(Cat.notes))"),
        ({"nplusone__load": "expired Cat"}, "expire_on_commit=False"),
        ({"nplusone__load": "polymorphic Vet"}, "selectin_polymorphic(…, [Vet])"),
        ({"nplusone__load": "dynamic Owner.cats"}, 'lazy="dynamic"'),
    ],
)
def test_advice_fits_what_sqlalchemy_loads_by_itself(attributes: dict[str, Any], says: str) -> None:
    advice = advise(told(BY_KEY, origin=SQLALCHEMY, **attributes))

    assert says in advice
    assert 'lazy="raise"' not in advice


def test_a_resolver_of_graphql_hears_of_a_dataloader() -> None:
    around = "nodejs @opentelemetry/instrumentation-graphql"

    advice = advise(told(BY_KEY, origin="nodejs @opentelemetry/instrumentation-pg", around=around))

    assert "DataLoader" in advice


@pytest.mark.parametrize(
    ("system", "text", "says"),
    [
        ("redis", "GET cat:17", "MGET"),
        ("mongodb", '{"find": "cats", "filter": {"_id": 17}}', "$in"),
    ],
)
def test_commands_are_batched_as_their_database_does(system: str, text: str, says: str) -> None:
    drawing = Drawing(origin="python opentelemetry.instrumentation.redis")
    request = drawing.server()
    for number in range(6):
        attributes = {
            "db.system.name": system,
            "db.query.text": text.replace("17", str(number)),
            "db.operation.name": text.split()[0] if system == "redis" else "find",
            "db.collection.name": "cats",
        }
        drawing.span(request, name="find", kind=SpanKind.CLIENT, attributes=attributes)

    (finding,) = find_n_plus_one(drawing.trace())

    assert says in advise(finding.what)


def test_the_same_value_again_is_read_once() -> None:
    drawing = Drawing(origin=PSYCOPG)
    request = drawing.server()
    for _ in range(6):
        drawing.sql(request, BY_KEY, nplusone__values_hash="1")

    (finding,) = find_n_plus_one(drawing.trace())

    assert "read them once for each request" in advise(finding.what)
    assert "Session" not in advise(finding.what)


@pytest.mark.parametrize(("verb", "field"), [("INSERT", "inserted"), ("UPDATE", "updated")])
@pytest.mark.parametrize("name", ["", "sqlalchemy", "django", "hibernate", "gorm"])
def test_rows_are_written_together_as_the_library_does(verb: str, field: str, name: str) -> None:
    statement = {
        "INSERT": "INSERT INTO cat (name) VALUES (?)",
        "UPDATE": "UPDATE cat SET name = ? WHERE cat.id = ?",
    }[verb]
    words = WORDS.get(name, PLAIN)
    around = {"django": "python opentelemetry.instrumentation.django"}.get(name, f"- {name}")

    what = told(statement, origin=around)

    if what.framework == name:
        assert getattr(words, field).format(table="cat") in advise(what)
    else:  # Django's INSERT does not tell itself from one that is written by hand
        assert (name, verb, what.framework) == ("django", "INSERT", "")
