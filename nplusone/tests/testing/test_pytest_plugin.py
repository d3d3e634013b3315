"""Run the pytest plugin in test suites of its own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from nplusone.tests.shop import Book, Shelf, fill, make_shop
from otel_nplusone.errors import TooManyQueriesError, UsageError

pytest_plugins = ["pytester"]

SUITE = """
import pytest
from sqlalchemy import create_engine, text

@pytest.fixture
def connection():
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        for _ in range(10):
            connection.execute(text("SELECT 1 AS of_the_fixture"))
        yield connection
    engine.dispose()

{marker}
def test_page(connection):
    for number in range({statements}):
        connection.execute(text("SELECT :number AS page"), {{"number": number}})
"""


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = make_shop()
    yield engine
    engine.dispose()


@pytest.fixture
def other() -> Iterator[Engine]:
    engine = make_shop()
    yield engine
    engine.dispose()


def read_lazily(engine: Engine) -> int:
    with Session(engine) as session:
        return sum(len(shelf.books) for shelf in session.scalars(select(Shelf)))


def read_at_once(engine: Engine) -> int:
    with Session(engine) as session:
        return len(session.scalars(select(Book)).all())


def test_statements_are_recorded_with_their_line(
    engine: Engine, nplusone_queries: Callable[..., Any]
) -> None:
    with nplusone_queries(engine) as seen:
        read_lazily(engine)

    assert len(seen) == 7
    assert seen[0].sql.startswith("SELECT shelf.id")
    assert "test_pytest_plugin.py" in seen[1].place
    assert seen[1].place.endswith("read_lazily.<locals>.<genexpr>, loading Shelf.books")
    assert [len(group) for group in seen.by_statement().values()] == [1, 6]


def test_statements_of_other_engines_and_of_later_are_not_recorded(
    engine: Engine, other: Engine, nplusone_queries: Callable[..., Any]
) -> None:
    with nplusone_queries(engine) as seen:
        read_at_once(other)
    read_at_once(engine)

    assert len(seen) == 0


def test_without_an_engine_all_are_recorded(
    engine: Engine, other: Engine, nplusone_queries: Callable[..., Any]
) -> None:
    with nplusone_queries() as seen:
        read_at_once(other)
        read_at_once(engine)

    assert len(seen) == 2


def test_growth_fails_with_statement_growth_and_line(
    engine: Engine, assert_constant_queries: Callable[..., None]
) -> None:
    with pytest.raises(TooManyQueriesError) as failure:
        assert_constant_queries(lambda: read_lazily(engine), setup=lambda n: fill(engine, n))

    message = str(failure.value)
    assert "3 for 2 rows, 21 for 20" in message
    assert "2 → 20 × SELECT book.id" in message
    assert "test_pytest_plugin.py" in message
    assert "loading Shelf.books" in message
    assert "SELECT shelf" not in message


def test_failure_of_growth_shows_the_test_and_not_the_plugin(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from sqlalchemy import create_engine, text

        def test_list(assert_constant_queries):
            engine, rows = create_engine("sqlite://"), []

            def call():
                with engine.connect() as connection:
                    for row in rows:
                        connection.execute(text("SELECT 1 WHERE 1 = :row"), {"row": row})

            try:
                assert_constant_queries(call, lambda size: rows.extend(range(size)))
            finally:
                engine.dispose()
        """
    )

    output = pytester.runpytest_inprocess().stdout.str()

    assert "The number of SQL statements grows with the rows: 2 for 2 rows, 22 for 20." in output
    assert "assert_constant_queries(call" in output
    assert "growth.py" not in output


def test_constant_number_passes(
    engine: Engine, assert_constant_queries: Callable[..., None]
) -> None:
    sizes: list[int] = []

    def setup(size: int) -> None:
        sizes.append(size)
        fill(engine, size)

    assert_constant_queries(lambda: read_at_once(engine), setup, sizes=(1, 30), engine=engine)

    assert sizes == [1, 30]


def test_statement_that_comes_once_with_more_rows_is_no_growth(
    engine: Engine, assert_constant_queries: Callable[..., None]
) -> None:
    answers: list[int] = []

    def call() -> None:
        answers.append(read_at_once(engine))
        if answers[-1] > 10:
            with engine.connect() as connection:
                connection.execute(text("SELECT 'the next page'"))

    assert_constant_queries(call, lambda size: fill(engine, size))

    assert answers == [2, 20]


def test_growth_is_not_hidden_by_what_the_first_call_alone_sends(
    engine: Engine, assert_constant_queries: Callable[..., None]
) -> None:
    warm: list[bool] = []

    def call() -> None:
        if not warm:
            with engine.connect() as connection:
                for number in range(50):
                    connection.execute(text(f"SELECT 1 AS warming_up_{number}"))
        warm.append(True)
        read_lazily(engine)

    with pytest.raises(TooManyQueriesError, match="2 → 20"):
        assert_constant_queries(call, lambda size: fill(engine, size))


@pytest.mark.parametrize("sizes", [(20, 2), (5, 5), (-1, 4)])
def test_sizes_that_cannot_show_growth_are_refused(
    sizes: tuple[int, int], assert_constant_queries: Callable[..., None]
) -> None:
    with pytest.raises(UsageError, match="a smaller and a larger number"):
        assert_constant_queries(lambda: None, lambda _size: None, sizes)


def test_marker_fails_a_test_that_sends_more(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SUITE.format(marker="@pytest.mark.max_queries(2)", statements=3))

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*TooManyQueriesError: test_page sent 3 SQL statements, and 2 are allowed.*",
            "*3 × SELECT ? AS page*",
            "*from *.py:* in *test_page*",
        ]
    )


def test_marker_passes_a_test_that_keeps_to_it_whatever_its_fixtures_send(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(SUITE.format(marker="@pytest.mark.max_queries(3)", statements=3))

    result = pytester.runpytest_inprocess("--strict-markers")

    result.assert_outcomes(passed=1)


def test_test_that_fails_by_itself_says_its_own_reason(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "import pytest\n@pytest.mark.max_queries(0)\ndef test_page():\n    assert 1 == 2"
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*assert 1 == 2*"])


@pytest.mark.parametrize("marker", ["max_queries", "max_queries('2')", "max_queries(1, 2)"])
def test_marker_without_a_number_is_refused(pytester: pytest.Pytester, marker: str) -> None:
    pytester.makepyfile(SUITE.format(marker=f"@pytest.mark.{marker}", statements=1))

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*max_queries takes one whole number*"])


def test_suite_without_sqlalchemy_is_told_what_to_install(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import sys\nsys.modules['sqlalchemy'] = None")
    pytester.makepyfile(
        "def test_one(): pass\ndef test_other(nplusone_queries): pass",
    )

    result = pytester.runpytest_subprocess()

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*pip install 'otel-nplusone[[]pytest]'*"])
