"""Hold who imports whom.

    clinic ──► otel_nplusone ◄── tracestore
                     ▲
                  harness ◄── incident ◄── exercise, bench, tests

harness and incident start the clinic, tracestore and Locust as processes, and import none of them.
Of the exercise only what the clinic's process runs (served) imports the clinic.
"""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from harness.project import PROJECT

PACKAGES = {
    "clinic": PROJECT / "service" / "clinic",
    "harness": PROJECT / "harness",
    "incident": PROJECT / "incident",
    "exercise": PROJECT / "exercise",
    "otel_nplusone": PROJECT / "nplusone" / "src" / "otel_nplusone",
    "tracestore": PROJECT / "tracestore",
    "locustfiles": PROJECT / "locustfiles",
    "dashboards": PROJECT / "dashboards",
    "bench": PROJECT / "bench",
    "tests": PROJECT / "tests",
}
MAY_IMPORT = {
    "clinic": {"otel_nplusone"},
    "harness": {"otel_nplusone"},
    "incident": {"harness", "otel_nplusone"},
    "exercise": {"clinic", "harness", "incident"},
    "otel_nplusone": set(),
    "tracestore": {"otel_nplusone"},
    "locustfiles": set(),
    "dashboards": set(),
    # Measures what it imports, and asks what harness starts.
    "bench": {"clinic", "harness", "otel_nplusone"},
    "tests": set(PACKAGES) - {"bench"},
}
# Tests of other packages ask harness instead.
MAY_TEST_INCIDENT = {"browser", "exercise", "incident", "locustfiles", "stack"}
# Where a package's tests are: a folder for each of its rooms.
TESTS = {
    "clinic": PROJECT / "tests" / "clinic",
    "harness": PROJECT / "tests" / "harness",
    "incident": PROJECT / "tests" / "incident",
    "otel_nplusone": PROJECT / "nplusone" / "tests",
    "tracestore": PROJECT / "tests" / "tracestore",
}
# The detector's recorded traces.
NOT_ROOMS = {"corpus"}
# harness/parts starts what nearly every test asks, harness/compose what those in tests/stack ask.
TESTED_BY_OTHERS = {"parts", "compose"}
# A package's rooms, and which other rooms of it each may import: rooms above it alone.
ROOMS = {
    "otel_nplusone": {
        "errors": set[str](),
        "version": set[str](),
        "_core": {"errors"},
        "__init__": {"_core", "version"},
        "_read": {"_core", "errors"},
        "read": {"_core", "_read"},
        "jaeger": {"_read"},
        "_predict": {"_core"},
        "scan": {"_core", "_predict", "_read"},
        "predict": {"_predict", "scan"},
        "_report": {"_core", "_predict", "scan", "version"},
        "report": {"_core", "_report"},
        "_live": {"_core"},
        "live": {"_core", "_live"},
        "sqlalchemy": {"_core", "_live"},
        "django": {"_live"},
        "psycopg": {"_live"},
        "asyncpg": {"_live"},
        "doctor": {"_core", "_read", "errors", "scan"},
        "_cli": {"_core", "_predict", "_read", "_report", "doctor", "errors", "scan"},
        "_run": {"_cli", "_core", "_live", "_report", "errors", "scan", "sqlalchemy"},
        "exporter": {"_core", "_live", "_report", "_run"},
        "_testing": {"_core", "_live", "errors"},
        "pytest_plugin": {"_live", "_testing", "errors"},
        "cli": {"_cli", "errors", "version"},
    },
    "clinic": {
        "errors": set[str](),
        "settings": {"errors"},
        "models": set(),
        "schema": {"errors", "models"},
        "telemetry": {"errors"},
        "latency": set(),
        "db": {"errors", "latency", "models", "schema", "telemetry"},
        "queries": {"errors", "models"},
        "security": {"errors"},
        "flags": {"errors"},
        "seed": {"db", "errors", "models", "schema", "settings"},
        "pages": {"db", "errors", "queries"},
        "stories": {"db", "errors", "flags", "models", "pages", "queries", "settings", "telemetry"},
        "booking": {"db", "errors", "models", "queries"},
        "api": {"booking", "db", "errors", "models", "pages", "queries", "stories"},
        "error_answers": {"errors"},
        "app": {
            *("api", "booking", "db", "error_answers", "flags", "pages"),
            *("security", "settings", "stories", "telemetry"),
        },
        "gunicorn_conf": {"errors", "settings", "telemetry"},
        "server": {"errors", "settings", "telemetry"},
        "cli": {"errors", "flags", "seed", "server", "settings", "stories"},
    },
    "tracestore": {
        "errors": set[str](),
        "store": {"errors"},
        "findings": {"store"},
        "current": {"findings", "store"},
        "intake": {"current", "errors", "store"},
        "api": {"current", "errors", "intake", "store"},
        "pages": {"api", "current", "errors", "findings", "intake", "store"},
        "error_answers": {"api", "current", "errors", "intake", "store"},
        "server": {"errors"},
        "app": {"api", "current", "error_answers", "intake", "pages", "store"},
        "cli": {"app", "errors", "intake", "server", "store"},
        "__main__": {"cli"},
    },
    "harness": {
        "errors": set[str](),
        "project": set(),
        "background": set(),
        "sink": {"background"},
        "interrupts": {"errors"},
        "ports": {"errors"},
        "processes": {"errors"},
        "waiting": {"errors"},
        "clients": {"errors", "waiting"},
        "parts": {"clients", "ports", "processes", "project", "waiting"},
        "compose": {"background", "clients", "errors", "ports", "project"},
    },
    "incident": {
        "errors": set[str](),
        "console": set(),
        "stack": {"console", "errors"},
        "story": {"errors"},
        "doctor": {"console", "errors", "stack"},
        "reconcile": {"console", "stack"},
        "control": {"console", "errors", "stack", "story"},
        "replay": {"console", "control", "errors", "stack", "story"},
        "cli": {"console", "control", "doctor", "errors", "reconcile", "replay", "stack", "story"},
        "__init__": set(),
    },
    "exercise": {
        "errors": set[str](),
        "lesson": {"errors"},
        "oracle": set(),
        "draw": {"lesson"},
        "places": {"draw", "errors"},
        "answers": {"errors"},
        "served": {"draw", "lesson"},
        "lessons": {"lesson", "oracle"},
        "clinics": {"answers", "draw", "errors"},
        "grade": {"answers", "clinics", "draw", "lesson", "oracle", "places"},
        "situation": {"grade", "lesson", "places"},
        "page": {"answers", "grade", "places", "situation"},
        "run": {"clinics", "draw", "oracle", "page", "places", "situation"},
        "cli": {"errors", "grade", "lesson", "places", "run", "situation"},
        "answer_template": set(),
        "__init__": set(),
    },
}


def imported(source: str) -> Iterator[str]:
    """Yield the top-level name of every import, those inside functions included."""
    yield from (name.split(".")[0] for name in imported_names(source))


@cache  # each file is asked for by several tests
def imported_names(source: str) -> list[str]:
    """Return the dotted name of everything that is imported, modules and what they hold."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def imports_within(package: str) -> Iterator[tuple[str, str]]:
    """Yield each module of a package with each name of that package that it imports."""
    for path in files(PACKAGES[package]):
        module = ".".join([package, *path.relative_to(PACKAGES[package]).with_suffix("").parts])
        for name in imported_names(path.read_text(encoding="utf-8")):
            if name.startswith(f"{package}."):
                yield module, name


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_it_may(package: str) -> None:
    strangers = {
        (str(path.relative_to(PROJECT)), name)
        for path in files(PACKAGES[package])
        for name in set(imported(path.read_text(encoding="utf-8"))) & set(PACKAGES)
        if name != package and name not in MAY_IMPORT[package]
    }

    assert strangers == set()


def test_of_the_exercise_only_what_the_clinic_runs_imports_it() -> None:
    importing = {
        path.relative_to(PACKAGES["exercise"]).parts[0]
        for path in files(PACKAGES["exercise"])
        if "clinic" in imported(path.read_text(encoding="utf-8"))
    }

    assert importing == {"served"}


def test_the_incident_is_imported_by_its_own_tests_and_those_of_what_it_starts() -> None:
    importing = {
        path.relative_to(PACKAGES["tests"]).parts[0]
        for path in files(PACKAGES["tests"])
        if "incident" in imported(path.read_text(encoding="utf-8"))
    }

    assert importing <= MAY_TEST_INCIDENT


def test_an_import_inside_a_function_is_seen() -> None:
    source = "def late():\n    from clinic.models import Cat\n    import tracestore.app\n"

    assert set(imported(source)) == {"clinic", "tracestore"}


@pytest.mark.parametrize("package", TESTS)
def test_tests_mirror_the_rooms(package: str) -> None:
    rooms = {
        path.parent.name.removeprefix("_")
        for path in PACKAGES[package].glob("*/*.py")
        if path.stem != "__init__"
    }
    mirrored = {path.parent.name for path in TESTS[package].glob("*/test_*.py")}

    assert mirrored - NOT_ROOMS == rooms - TESTED_BY_OTHERS


@pytest.mark.parametrize("package", ["clinic", "otel_nplusone"])
def test_every_room_is_listed(package: str) -> None:
    found = {path.stem for path in PACKAGES[package].iterdir() if path.suffix == ".py"} | {
        path.parent.name for path in PACKAGES[package].glob("*/__init__.py")
    }

    assert found == {*ROOMS[package], "__init__"}


# Tests of the detector's own, and figures of its parts, may look inside.
@pytest.mark.parametrize("package", sorted(set(PACKAGES) - {"otel_nplusone", "tests", "bench"}))
def test_other_packages_use_the_doors_of_the_detector(package: str) -> None:
    inside = {
        (str(path.relative_to(PROJECT)), name)
        for path in files(PACKAGES[package])
        for name in imported_names(path.read_text(encoding="utf-8"))
        if name.startswith("otel_nplusone._")
    }

    assert inside == set()


@pytest.mark.parametrize("package", ROOMS)
def test_a_room_imports_only_rooms_above_it(package: str) -> None:
    rooms = list(ROOMS[package])
    back_up = {
        (room, other)
        for room, others in ROOMS[package].items()
        for other in others
        if other not in rooms[: rooms.index(room)]
    }
    strangers = {
        (module, name)
        for module, name in imports_within(package)
        if name.split(".")[1] not in {module.split(".")[1], *ROOMS[package][module.split(".")[1]]}
    }

    assert back_up == set()
    assert strangers == set()


@pytest.mark.parametrize("package", ROOMS)
def test_a_private_module_is_imported_within_its_room_alone(package: str) -> None:
    strangers = {
        (module, name)
        for module, name in imports_within(package)
        if any(part.startswith("_") and part[1] != "_" for part in name.split(".")[2:])
        and name.split(".")[1] != module.split(".")[1]
    }

    assert strangers == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_no_import_goes_in_a_circle(package: str) -> None:
    modules = {
        ".".join([package, *path.relative_to(PACKAGES[package]).with_suffix("").parts])
        for path in files(PACKAGES[package])
    }
    graph: dict[str, set[str]] = {module: set() for module in modules}
    for module, name in imports_within(package):
        graph[module] |= modules & {name, name.rpartition(".")[0]}

    TopologicalSorter(graph).prepare()


def files(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.py"))
    assert found, f"{folder} has no Python file"
    return found
