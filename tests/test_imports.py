"""Who imports whom: the packages know of one another only what docs and design say they may.

clinic ──► otel_nplusone ◄── tracestore
                 ▲
              incident      (starts the others as processes, and imports none of them)
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import PROJECT

PACKAGES = {
    "clinic": PROJECT / "service" / "clinic",
    "incident": PROJECT / "incident",
    "otel_nplusone": PROJECT / "nplusone" / "src" / "otel_nplusone",
    "tracestore": PROJECT / "tracestore",
    "locustfiles": PROJECT / "locustfiles",
    "dashboards": PROJECT / "dashboards",
}
MAY_IMPORT = {
    "clinic": {"otel_nplusone"},
    "incident": {"otel_nplusone"},
    "otel_nplusone": set(),
    "tracestore": {"otel_nplusone"},
    "locustfiles": set(),
    "dashboards": set(),
}


def imported(source: str) -> Iterator[str]:
    """Yield the top-level name of every import, those inside functions included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_it_may(package: str) -> None:
    strangers = {
        (str(path.relative_to(PROJECT)), name)
        for path in files(PACKAGES[package])
        for name in set(imported(path.read_text(encoding="utf-8"))) & set(PACKAGES)
        if name != package and name not in MAY_IMPORT[package]
    }

    assert strangers == set()


def test_an_import_inside_a_function_is_seen() -> None:
    source = "def late():\n    from clinic.models import Cat\n    import tracestore.app\n"

    assert set(imported(source)) == {"clinic", "tracestore"}


def files(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.py"))
    assert found, f"{folder} has no Python file"
    return found
