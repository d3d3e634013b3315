"""Hold the number of SQL statements where it is, in pytest.

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

Statements are counted by SQLAlchemy's events, for which OpenTelemetry is not needed; findings come
from spans, whatever the library. pytest loads this module wherever it is installed: what needs
either is imported by the tests that use it.
"""

from collections.abc import Callable, Generator
from types import ModuleType
from typing import Any

import pytest

from otel_nplusone.errors import MissingExtraError, TooManyQueriesError

MARKER = "max_queries"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", f"{MARKER}(n): fail if the test sends more than n SQL statements"
    )


@pytest.fixture
def nplusone_queries() -> Callable[..., Any]:
    """Record an engine's statements in a context: `with nplusone_queries(engine) as seen`."""
    record: Callable[..., Any] = _recorder().record_queries
    return record


@pytest.fixture
def assert_constant_queries() -> Callable[..., None]:
    """Fail when the number of statements grows with the number of rows."""
    _recorder()
    from otel_nplusone._testing import growth

    return growth.assert_constant_queries


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
    limit = _limit(item, marker)
    with _recorder().record_queries() as seen:
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


def _recorder() -> ModuleType:
    try:
        from otel_nplusone._testing import recorder
    except ModuleNotFoundError as error:
        raise MissingExtraError("counting statements in tests", "pytest") from error
    return recorder
