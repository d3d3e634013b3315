"""Watch every test of a suite: pytest --nplusone."""

from collections import defaultdict
from collections.abc import Generator, Sequence
from contextlib import ExitStack

import pytest

from otel_nplusone._core.words import count
from otel_nplusone._live.fence import fenced
from otel_nplusone._testing.clients import tell_requests_apart
from otel_nplusone._testing.recorder import hear_sources
from otel_nplusone._testing.watch import WatchedTest

ALLOW = "nplusone_allow"
# What was found travels with a test's report, which pytest-xdist brings from its workers.
_PROPERTY = "nplusone"


class Watching:
    """Hear the statements of each test while it runs, and not while its fixtures are made."""

    def __init__(self, *, is_strict: bool) -> None:
        self._is_strict = is_strict
        self._tests: dict[str, list[str]] = defaultdict(list)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Fail a test that passes by itself; add what was found to one that fails."""
        stack = ExitStack()
        watched = self._begin(item, stack)
        has_passed = False
        try:
            result = yield
            has_passed = True
        finally:
            found = self._end(item, watched, stack)
            if found and not has_passed:
                item.add_report_section("call", "N+1 queries", _message(item, found))
        if found and self._is_strict:
            pytest.fail(_message(item, found), pytrace=False)
        return result

    @pytest.hookimpl(trylast=True)
    @fenced
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect what was found, here or in a worker."""
        if report.when == "call":
            for name, text in report.user_properties:
                if name == _PROPERTY:
                    self._tests[str(text)].append(report.nodeid)

    @fenced
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Sum up, where tests do not fail for it."""
        if self._is_strict or not self._tests:
            return
        terminalreporter.section("N+1 queries")
        for text, tests in self._tests.items():
            more = f" and in {count(len(tests) - 1, 'more test')}" if len(tests) > 1 else ""
            terminalreporter.write_line(f"{tests[0]}{more}: {text}")
        terminalreporter.write_line(
            f"{count(len(self._tests), 'loop')}, by pytest --nplusone=report"
        )

    @fenced
    def _begin(self, item: pytest.Item, stack: ExitStack) -> WatchedTest | None:
        tell_requests_apart()
        watched = WatchedTest(item.name)
        stack.enter_context(hear_sources(watched.take))
        return watched

    @fenced
    def _end(
        self, item: pytest.Item, watched: WatchedTest | None, stack: ExitStack
    ) -> list[str] | None:
        """Return what loops and is not allowed, and note it for the summary."""
        stack.close()
        markers = list(item.iter_markers(ALLOW))
        if watched is None or any(not marker.args for marker in markers):
            return []
        allowed = [str(pattern) for marker in markers for pattern in marker.args]
        # Several requests of one test have the same loop.
        found = list(dict.fromkeys(loop.describe() for loop in watched.loops(allowed)))
        item.user_properties += [(_PROPERTY, text) for text in found]
        return found


def _message(item: pytest.Item, found: Sequence[str]) -> str:
    what = "a query in a loop" if len(found) == 1 else f"{len(found)} queries in loops"
    loops = "\n".join(found)
    return (
        f"{item.name} sends {what}, for different values.\n{loops}\n"
        f'Load the rows together, or allow it: @pytest.mark.{ALLOW}("…"), with the relationship,'
        " the statement or the place, of which * stands for any part."
    )
