"""Finding the application's line behind a call."""

import sys
from typing import Any

import pytest
from greenlet import greenlet  # type: ignore[import-untyped]  # it has no types

from otel_nplusone.callsite import CallSite, find_caller, is_library


def test_caller_is_the_innermost_frame_of_the_application() -> None:
    caller = find_caller()

    assert caller is not None
    assert caller.file == __file__
    assert caller.function.endswith("test_caller_is_the_innermost_frame_of_the_application")
    assert caller.relationship is None


def test_frames_of_libraries_are_passed_over() -> None:
    caller = _library("def run(f): return f()")(find_caller)

    assert caller.file == __file__


def test_caller_is_found_beyond_the_greenlet_that_a_library_runs_in() -> None:
    spawned = greenlet(_library("def run(f): return f()"))

    caller = spawned.switch(find_caller)

    assert isinstance(caller, CallSite)
    assert caller.function.endswith("that_a_library_runs_in")


def test_endless_recursion_is_not_walked_to_its_end() -> None:
    recurse = _library("def run(f, n=300): return f() if n == 0 else run(f, n - 1)")

    assert recurse(find_caller) is None


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (__file__, False),
        (sys.modules["json"].__file__, True),
        (pytest.__file__, True),
        (find_caller.__code__.co_filename, True),
        ("<string>", True),
        ("/srv/app/site-packages/flask/app.py", True),
        ("/srv/app/clinic/stories.py", False),
    ],
)
def test_libraries_are_told_from_the_application(file: str, expected: bool) -> None:
    assert is_library(file) is expected


def _library(source: str) -> Any:
    """Return the function `run` of a source whose file is a library's, as SQLAlchemy's is."""
    names: dict[str, Any] = {}
    exec(compile(source, "/x/site-packages/library.py", "exec"), names)
    return names["run"]
