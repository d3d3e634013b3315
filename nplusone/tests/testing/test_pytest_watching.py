"""Test `pytest --nplusone`: suites that know nothing of it."""

import flask
import pytest

from nplusone.tests.shop import make_shop
from otel_nplusone._testing.hooks import Watching

pytest_plugins = ["pytester"]

SHOP = """
from sqlalchemy import ForeignKey, create_engine, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.orm import selectinload
from sqlalchemy.pool import StaticPool

class Base(DeclarativeBase):
    pass

class Shelf(Base):
    __tablename__ = "shelf"
    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list["Book"]] = relationship()

class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelf.id"))

def make(shelves=6):
    engine = create_engine("sqlite://", poolclass=StaticPool,
                           connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Shelf(id=number, books=[Book()]) for number in range(1, shelves + 1))
        session.commit()
    return engine

def count(engine, *options):
    with Session(engine) as session:
        shelves = session.scalars(select(Shelf).options(*options)).all()
        return sum(len(shelf.books) for shelf in shelves)
"""
CONFTEST = """
import pytest, shop

@pytest.fixture
def engine():
    engine = shop.make()
    with shop.Session(engine) as session:
        for number in range(1, 7):
            session.get(shop.Shelf, number)
    yield engine
    engine.dispose()
"""
LAZY = "def test_lazy(engine):\n    assert shop.count(engine) == 6\n"
# None of these is a loop of the application over queries with different values.
QUIET = """
import shop

def test_loaded_together(engine):
    shop.count(engine, shop.selectinload(shop.Shelf.books))

def test_four_are_few():
    engine = shop.make(shelves=4)
    shop.count(engine)
    engine.dispose()

def test_rows_are_written_one_by_one(engine):
    with shop.Session(engine) as session:
        for number in range(10, 20):
            session.add(shop.Shelf(id=number))
            session.flush()
            session.add(shop.Book(shelf_id=number))
            session.flush()

def test_same_value_again_and_again(engine):
    with engine.connect() as connection:
        for _ in range(10):
            connection.execute(shop.text("SELECT id FROM shelf WHERE id = :id"), {"id": 1})

def test_batch(engine):
    with engine.begin() as connection:
        for _ in range(6):
            connection.execute(shop.text("UPDATE shelf SET id = id WHERE id = :id"),
                               [{"id": 1}, {"id": 2}])

def test_many_requests(engine):
    import flask
    app = flask.Flask(__name__)

    @app.get("/<int:number>")
    def show(number):
        with engine.connect() as connection:
            query = shop.text("SELECT id FROM shelf WHERE id = :id")
            return str(connection.execute(query, {"id": number}).scalar())

    for number in range(1, 8):
        assert app.test_client().get(f"/{number}").status_code == 200
"""


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    """Load what the suites use: one that runs in this process takes back what it has loaded."""
    make_shop().dispose()
    assert flask.Flask("shop").test_client()
    assert Watching(is_strict=True)


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(shop=SHOP)
    pytester.makeconftest(CONFTEST)
    return pytester


def test_test_that_loops_fails_with_statement_line_relationship_and_parents(
    suite: pytest.Pytester,
) -> None:
    suite.makepyfile(f"import shop\n{LAZY}")
    lines = SHOP.strip().splitlines()
    sent = 1 + next(number for number, text in enumerate(lines) if "len(shelf.books)" in text)

    result = suite.runpytest_inprocess("--nplusone")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "test_lazy sends a query in a loop, for different values.",
            "6 × SELECT book.id* FROM book WHERE ? = book.shelf_id",
            f"    sent at *shop.py:{sent} in shop.count.*, loading Shelf.books",
            "    for the rows of SELECT shelf.id FROM shelf",
            f"    loaded at *shop.py:{sent - 1} in shop.count",
            "*selectinload(Shelf.books)*",
            "Load the rows together, or allow it: @pytest.mark.nplusone_allow(*",
        ]
    )
    assert "hooks.py" not in result.stdout.str()


def test_configuration_says_so_as_well(suite: pytest.Pytester) -> None:
    suite.makepyfile(f"import shop\n{LAZY}")
    suite.makeini("[pytest]\nnplusone = strict")

    suite.runpytest_inprocess().assert_outcomes(failed=1)
    suite.runpytest_inprocess("--nplusone=report").assert_outcomes(passed=1)
    suite.runpytest_inprocess("--nplusone=off").assert_outcomes(passed=1)


def test_nothing_is_watched_unless_it_is_asked_for(suite: pytest.Pytester) -> None:
    suite.makepyfile(f"import shop\n{LAZY}")

    result = suite.runpytest_inprocess("--strict-markers")

    result.assert_outcomes(passed=1)
    assert "N+1" not in result.stdout.str()


def test_mode_that_is_none_is_refused(suite: pytest.Pytester) -> None:
    suite.makeini("[pytest]\nnplusone = loud")

    result = suite.runpytest_inprocess()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*nplusone = loud: say one of off, report, strict"])


def test_option_leaves_the_folder_after_it_alone(suite: pytest.Pytester) -> None:
    folder = suite.mkdir("tests")
    (folder / "test_one.py").write_text("def test_one(): pass")
    (suite.mkdir("others") / "test_two.py").write_text("def test_two(): assert False")

    suite.runpytest_inprocess("--nplusone", "tests").assert_outcomes(passed=1)


def test_what_is_not_a_loop_passes(suite: pytest.Pytester) -> None:
    suite.makepyfile(QUIET)

    suite.runpytest_inprocess("--nplusone").assert_outcomes(passed=6)


def test_report_sums_up_and_fails_nothing(suite: pytest.Pytester) -> None:
    suite.makepyfile(f"import shop\n{LAZY}\n{LAZY.replace('test_lazy', 'test_again')}")

    result = suite.runpytest_inprocess("--nplusone=report")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        [
            "*= N+1 queries =*",
            "*::test_lazy and in 1 more test: 6 × SELECT book.id*",
            "*loading Shelf.books",
            "1 loop, by pytest --nplusone=report",
        ]
    )


@pytest.mark.parametrize("mode", ["strict", "report"])
def test_workers_of_xdist_tell_what_they_see(suite: pytest.Pytester, mode: str) -> None:
    suite.makepyfile(test_one=f"import shop\n{LAZY}", test_two=f"import shop\n{LAZY}")

    result = suite.runpytest_subprocess(f"--nplusone={mode}", "-n", "2")

    result.assert_outcomes(**({"failed": 2} if mode == "strict" else {"passed": 2}))
    result.stdout.fnmatch_lines(["*6 × SELECT book.id*", "*loading Shelf.books"])


@pytest.mark.parametrize(
    ("marker", "passed"),
    [
        ("nplusone_allow", True),
        ("nplusone_allow()", True),
        ('nplusone_allow("Shelf.books")', True),
        ('nplusone_allow("Shelf.*")', True),
        ('nplusone_allow("SELECT book.id*")', True),
        ('nplusone_allow("*shop.py*")', True),
        ('nplusone_allow("Other.things", "Shelf.books")', True),
        ('nplusone_allow("Shelf.cats")', False),
    ],
)
def test_marker_allows(suite: pytest.Pytester, marker: str, passed: bool) -> None:
    suite.makepyfile(f"import pytest, shop\n@pytest.mark.{marker}\n{LAZY}")

    result = suite.runpytest_inprocess("--nplusone", "--strict-markers")

    result.assert_outcomes(passed=int(passed), failed=int(not passed))


def test_loop_within_one_request_fails_among_many_requests(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import flask, shop

        def test_pages(engine):
            app = flask.Flask(__name__)
            app.add_url_rule("/", view_func=lambda: str(shop.count(engine)))
            for _ in range(3):
                app.test_client().get("/")
        """
    )

    result = suite.runpytest_inprocess("--nplusone")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["test_pages sends a query in a loop*", "6 × SELECT book.id*"])


def test_loop_of_plain_sql_fails_without_a_relationship(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import shop

        def test_plain(engine):
            with engine.connect() as connection:
                for number in range(1, 7):
                    connection.execute(shop.text("SELECT id FROM book WHERE id = :id"),
                                       {"id": number})
        """
    )

    result = suite.runpytest_inprocess("--nplusone")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["6 × SELECT id FROM book WHERE id = ?", "    sent at *.py:* in *"])


def test_test_that_fails_by_itself_says_its_own_reason_first(suite: pytest.Pytester) -> None:
    suite.makepyfile("import shop\ndef test_lazy(engine):\n    assert shop.count(engine) == 7\n")

    result = suite.runpytest_inprocess("--nplusone")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*assert 6 == 7*", "*N+1 queries*", "6 × SELECT book.id*"])


def test_faults_of_the_plugin_are_told_once_and_every_test_passes(suite: pytest.Pytester) -> None:
    """Let whatever it is made of fail: all functions and classes of its modules."""
    suite.makeconftest(
        CONFTEST
        + """
import inspect
from otel_nplusone._testing import clients, hooks, recorder, seen, watch

class Thrown:
    def __getattr__(self, name):
        raise RuntimeError("thrown inside")
    def __call__(self, *args, **kwargs):
        raise RuntimeError("thrown inside")

for module in (clients, hooks, recorder, seen, watch):
    for name, one in list(vars(module).items()):
        is_made = inspect.isfunction(one) or inspect.isclass(one)
        if is_made and one.__module__.startswith("otel_nplusone._") and name not in (
            "Watching", "fenced", "tell_once"
        ):
            setattr(module, name, Thrown())
"""
    )
    suite.makepyfile(f"import shop\n{LAZY}\n{LAZY.replace('test_lazy', 'test_again')}")

    result = suite.runpytest_subprocess("--nplusone", "--log-cli-level=ERROR")

    result.assert_outcomes(passed=2)
    assert result.stdout.str().count("otel-nplusone failed in") >= 1
    assert (
        result.stdout.str().count(
            "otel-nplusone failed in otel_nplusone._testing.hooks.Watching._begin:"
        )
        == 1
    )


def test_suite_without_sqlalchemy_runs(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import sys\nsys.modules['sqlalchemy'] = None")
    pytester.makepyfile("def test_one(): pass")

    pytester.runpytest_subprocess("--nplusone").assert_outcomes(passed=1)
