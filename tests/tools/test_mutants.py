"""Test how `make mutants` prepares the tree, and that its rooms exist."""

import ast
import tomllib

import pytest

from tools.mutants import ROOT, Harmless, Survivor, limits, undecorated

CONFIG = tomllib.loads((ROOT / "tools" / "mutants.toml").read_text())


@pytest.mark.parametrize("room", CONFIG["rooms"], ids=lambda room: room["name"])
def test_a_room_names_files_and_tests_that_exist(room: dict[str, list[str]]) -> None:
    missing = [name for name in room["mutate"] if not list(ROOT.glob(name))]
    missing += [name for name in room["tests"] if not (ROOT / name).exists()]

    assert missing == []


def test_a_decorator_becomes_a_call_below_its_function() -> None:
    text = "class A:\n    @b.c\n    @d(1)\n    def e(self):\n        return 1\n\n    f = e\n"

    assert undecorated(text) == (
        "class A:\n    def e(self):\n        return 1\n    e = (b.c)((d(1))(e))\n\n    f = e\n"
    )


@pytest.mark.parametrize("decorator", ["staticmethod", "classmethod", "e.setter", "overload"])
def test_a_decorator_that_mutmut_knows_or_that_needs_its_place_stays(decorator: str) -> None:
    text = f"class A:\n    @{decorator}\n    def e(x):\n        return 1\n"

    assert undecorated(text) == text


def test_limits_are_numbers_that_a_name_outside_functions_stands_for() -> None:
    text = """
A = 64 * 1024
B: float = 0.5
C = {"ms": 1}
D = min(1, 2)
E = "text"
F = True
class G:
    limit: int = 20
    def h(self):
        local = 3
"""

    assert [ast.unparse(value) for value in limits(ast.parse(text))] == ["64 * 1024", "0.5", "20"]


def test_a_reason_explains_what_it_names() -> None:
    case = Harmless("SQL", '"SELECT', same_but_for_case=True)
    changed = Survivor("a.x_b__mutmut_1", 'run("SELECT 1")', 'run("select 1")')

    assert case.explains(changed)
    assert not case.explains(Survivor("a.x_b__mutmut_1", 'run("SELECT 1")', 'run("SELECT 2")'))
    assert not Harmless("SQL", "x_c").explains(changed)
