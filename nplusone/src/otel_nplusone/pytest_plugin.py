"""Hold the number of SQL statements where it is, in pytest.

    pytest --nplusone                             # each test fails whose statements loop
    pytest --nplusone=report                      # a summary of them at the end
    nplusone = strict                             # the same as the option, in the configuration

    @pytest.mark.nplusone_allow("Shelf.books")    # not this one; no pattern allows all
    def test_page(client): ...

    def test_page(nplusone_queries, engine, client):
        with nplusone_queries(engine) as seen:
            client.get("/cats")
        assert len(seen) == 2

    @pytest.mark.max_queries(2)                   # of all engines, while the test itself runs
    def test_page(client): ...

    def test_list_does_not_grow(assert_constant_queries, client, make_cats):
        assert_constant_queries(lambda: client.get("/cats"), setup=make_cats, sizes=(2, 20))

    def test_page(nplusone_findings, tracer_provider, client):
        with nplusone_findings(tracer_provider) as found:      # by the rules of a scan
            client.get("/cats")
        assert not found

Statements are counted by SQLAlchemy's events and Django's execute wrappers, for which OpenTelemetry
is not needed; findings come from spans, whatever the library. pytest loads this module wherever it
is installed: what needs any of them is imported by the tests that use it.
"""

from collections.abc import Callable, Generator
from typing import Any

import pytest

from otel_nplusone.errors import MissingExtraError, TooManyQueriesError

MARKER = "max_queries"
ALLOW = "nplusone_allow"
MODES = ("off", "report", "strict")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("nplusone", "N+1 queries")
    # Words of their own, and not one option with a value: `pytest --nplusone tests` has a folder.
    for word, mode, does in (
        ("--nplusone", "strict", "fail each test that sends a query again and again in a loop"),
        ("--nplusone=strict", "strict", "the same"),
        ("--nplusone=report", "report", "let them pass, and sum up at the end"),
        ("--nplusone=off", "off", "do not watch, whatever the configuration says"),
    ):
        group.addoption(
            word, action="store_const", const=mode, dest="nplusone", default=None, help=does
        )
    parser.addini(
        "nplusone", f"watch every test for N+1 queries: {', '.join(MODES)}", default="off"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", f"{MARKER}(n): fail if the test sends more than n SQL statements"
    )
    config.addinivalue_line(
        "markers",
        f"{ALLOW}(*patterns): let the test loop over these queries, by relationship, statement or"
        " place; without a pattern over any",
    )
    mode = config.getoption("nplusone") or config.getini("nplusone")
    if mode not in MODES:
        raise pytest.UsageError(f"nplusone = {mode}: say one of {', '.join(MODES)}")
    if mode != "off":
        from otel_nplusone._testing.hooks import Watching

        config.pluginmanager.register(Watching(is_strict=mode == "strict"), "nplusone-watching")


@pytest.fixture
def nplusone_queries() -> Callable[..., Any]:
    """Record an engine's statements in a context: `with nplusone_queries(engine) as seen`."""
    from otel_nplusone._testing.recorder import check_engines, record_queries

    check_engines()
    return record_queries


@pytest.fixture
def assert_constant_queries() -> Callable[..., Any]:
    """Fail when the number of statements grows with the number of rows."""
    from otel_nplusone._testing.growth import assert_constant_queries

    return assert_constant_queries


@pytest.fixture
def nplusone_findings() -> Callable[..., Any]:
    """Judge a provider's spans in a context: `with nplusone_findings(provider) as found`."""
    try:
        from otel_nplusone._testing import span_findings
    except ModuleNotFoundError as error:
        raise MissingExtraError("judging spans in tests", "sdk") from error
    record: Callable[..., Any] = span_findings.record_findings
    return record


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Count while the test runs, and not while its fixtures are made."""
    marker = item.get_closest_marker(MARKER)
    if marker is None:
        return (yield)
    from otel_nplusone._testing.recorder import record_queries

    limit = _limit(item, marker)
    with record_queries() as seen:
        result = yield
    if len(seen) > limit:
        raise TooManyQueriesError(
            f"{item.name} sent {len(seen)} SQL statements, and {limit} are allowed.\n"
            + seen.describe()
        )
    return result


def _limit(item: pytest.Item, marker: pytest.Mark) -> int:
    if len(marker.args) != 1 or marker.kwargs or not isinstance(marker.args[0], int):
        raise pytest.UsageError(
            f"{item.nodeid}: {MARKER} takes one whole number, as in @pytest.mark.{MARKER}(2)"
        )
    limit: int = marker.args[0]
    return limit
