"""Test finding the application's line behind a call."""

import sys
import sysconfig
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from greenlet import greenlet  # type: ignore[import-untyped]  # it has no types
from jinja2 import DictLoader, Environment, FileSystemLoader

from otel_nplusone._live.callsite import CallSite, find_caller
from otel_nplusone._live.libraries import Origin, name_in_packages, origin_of

PACKAGES = "/opt/venv/lib/python3.13/site-packages"
STORIES = f"{PACKAGES}/clinic/stories.py"
SQLALCHEMY = f"{PACKAGES}/sqlalchemy/orm/session.py"


def test_caller_is_the_innermost_frame_of_the_application() -> None:
    caller = find_caller()

    assert caller is not None
    assert caller.file == __file__
    assert caller.function.endswith("test_caller_is_the_innermost_frame_of_the_application")
    assert caller.relationship is None


@pytest.mark.parametrize(
    "files",
    [
        (SQLALCHEMY,),
        (f"{PACKAGES}/flask_sqlalchemy/session.py", SQLALCHEMY),
        (f"{PACKAGES}/a_library_that_nobody_knows.py", SQLALCHEMY),
        (STORIES, SQLALCHEMY),
    ],
)
def test_a_frame_outside_the_folders_of_packages_is_preferred(files: tuple[str, ...]) -> None:
    caller = _through(*files)()

    assert caller is not None
    assert caller.file == __file__


@pytest.mark.parametrize("file", ["flask/app.py", "django/core/handlers/base.py", "click/core.py"])
def test_an_installed_application_is_named_by_its_path_within_its_packages(file: str) -> None:
    caller = _through(f"{PACKAGES}/{file}", STORIES, SQLALCHEMY)()

    assert caller == CallSite("clinic.stories.run", "clinic/stories.py", 2, None)


def test_the_innermost_frame_of_an_installed_application_is_told() -> None:
    views = f"{PACKAGES}/clinic/views.py"

    caller = _through(f"{PACKAGES}/flask/app.py", views, STORIES, SQLALCHEMY)()

    assert caller is not None
    assert caller.file == "clinic/stories.py"


def test_a_framework_between_application_and_driver_is_passed_over() -> None:
    """Pass over a view's middleware, which is not the entry: the application is further out."""
    caller = _through(STORIES, f"{PACKAGES}/flask/app.py", SQLALCHEMY)()

    assert caller is not None
    assert caller.file == __file__


def test_caller_is_found_beyond_the_greenlet_that_a_library_runs_in() -> None:
    spawned = greenlet(_through(SQLALCHEMY))

    caller = spawned.switch()

    assert isinstance(caller, CallSite)
    assert caller.function.endswith("that_a_library_runs_in")


def test_endless_recursion_is_not_walked_to_its_end() -> None:
    source = "def run(f, n=300): return f() if n == 0 else run(f, n - 1)"

    assert _compiled(source, SQLALCHEMY)(find_caller) is None


def test_a_template_is_named_by_its_own_line(tmp_path: Path) -> None:
    (tmp_path / "cats.html").write_text(
        "<ul>\n{% for cat in [1] %}\n<li>{{ find() }}\n{% endfor %}"
    )
    template = Environment(loader=FileSystemLoader(tmp_path)).get_template("cats.html")
    found: list[CallSite | None] = []

    template.render(find=_into(found))

    assert found == [CallSite("cats.html", str(tmp_path / "cats.html"), 3, None)]


def test_a_template_without_a_file_is_named_by_its_name() -> None:
    template = Environment(loader=DictLoader({"cats": "\n{{ find() }}"})).get_template("cats")
    found: list[CallSite | None] = []

    template.render(find=_into(found))

    assert found == [CallSite("cats", "cats", 2, None)]


def test_a_template_without_a_name_is_not_the_caller() -> None:
    found: list[CallSite | None] = []

    Environment().from_string("{{ find() }}").render(find=_into(found))

    assert [site.file for site in found if site] == [__file__]


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (__file__, Origin.OUTSIDE),
        ("/srv/app/clinic/stories.py", Origin.OUTSIDE),
        ("/srv/sqlalchemy/flask/click/stories.py", Origin.OUTSIDE),
        ("/srv/site-packages-of-mine/app.py", Origin.OUTSIDE),
        ("/srv/lib/python3/clinic/stories.py", Origin.OUTSIDE),
        ("/tmp/ipykernel_1/2.py", Origin.OUTSIDE),
        (STORIES, Origin.INSTALLED),
        ("/usr/lib/python3/dist-packages/clinic.py", Origin.INSTALLED),
        ("/srv/lib/python3/venv/lib/python3.12/site-packages/acme/orders/db.py", Origin.INSTALLED),
        (f"{sysconfig.get_path('scripts')}/clinic", Origin.INSTALLED),
        (f"{PACKAGES}/flask_shop/db.py", Origin.INSTALLED),
        (f"{PACKAGES}/opentelemetry/instrumentation/sqlalchemy/engine.py", Origin.LIBRARY),
        (f"{PACKAGES}/typing_extensions.py", Origin.LIBRARY),
        (f"{PACKAGES}/sqlalchemy_utils/types.py", Origin.LIBRARY),
        (f"{PACKAGES}/django/db/models/query.py", Origin.LIBRARY),
        ("/srv/app/site-packages/psycopg/cursor.py", Origin.LIBRARY),
        (sys.modules["json"].__file__, Origin.LIBRARY),
        (find_caller.__code__.co_filename, Origin.LIBRARY),
        ("<string>", Origin.LIBRARY),
        ("<frozen importlib._bootstrap>", Origin.LIBRARY),
        (f"{PACKAGES}/gunicorn/workers/gthread.py", Origin.ENTRY),
        (f"{PACKAGES}/django/core/handlers/wsgi.py", Origin.ENTRY),
        (pytest.__file__, Origin.ENTRY),
        # Prefect and Airflow call flows, and serve pages of their own.
        (f"{PACKAGES}/prefect/flow_engine.py", Origin.ENTRY),
        (f"{PACKAGES}/prefect/server/models/deployments.py", Origin.INSTALLED),
        (f"{PACKAGES}/airflow/www/views.py", Origin.INSTALLED),
        (sys.modules["threading"].__file__, Origin.ENTRY),
        # A frozen program's files have no folder.
        ("clinic/stories.py", Origin.OUTSIDE),
        ("sqlalchemy/orm/session.py", Origin.LIBRARY),
        ("json/decoder.py", Origin.LIBRARY),
    ],
)
def test_libraries_are_told_from_the_application(file: str, expected: Origin) -> None:
    assert origin_of(file) is expected


@pytest.mark.parametrize("kind", ["zip", "folder"])
def test_libraries_next_to_the_application_are_libraries(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Install as `pip install --target` does, for a zipapp or a serverless platform."""
    metadata = "SQLAlchemy-2.1.9.dist-info/METADATA"
    root = tmp_path / "app"
    if kind == "zip":
        with zipfile.ZipFile(root, "w") as archive:
            archive.writestr(metadata, "Name: SQLAlchemy\n")
    else:
        (root / metadata).parent.mkdir(parents=True)
        (root / metadata).write_text("Name: SQLAlchemy\n")
    monkeypatch.syspath_prepend(root)

    assert origin_of(f"{root}/sqlalchemy/orm/session.py") is Origin.LIBRARY
    assert origin_of(f"{root}/handler.py") is Origin.INSTALLED
    assert name_in_packages(f"{root}/clinic/stories.py") == "clinic/stories.py"


def test_a_project_that_is_installed_for_editing_is_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "clinic.egg-info" / "PKG-INFO"
    info.parent.mkdir()
    info.write_text("Name: clinic\n")
    monkeypatch.syspath_prepend(tmp_path)

    assert origin_of(f"{tmp_path}/sqlalchemy/tables.py") is Origin.OUTSIDE
    assert name_in_packages(f"{tmp_path}/sqlalchemy/tables.py") is None


def _through(*files: str, call: Callable[[], object] = find_caller) -> Callable[[], Any]:
    """Return a call that goes through a frame of each of these files, from the outermost in."""
    for file in reversed(files):
        call = _compiled("def run():\n    return call()", file, call=call)
    return call


def _compiled(source: str, file: str, **names: object) -> Callable[..., Any]:
    """Return the function `run` of a source whose file and module are these."""
    module = (name_in_packages(file) or file).removesuffix(".py").replace("/", ".")
    namespace: dict[str, Any] = {"__name__": module, **names}
    exec(compile(source, file, "exec"), namespace)
    run: Callable[..., Any] = namespace["run"]
    return run


def _into(found: list[CallSite | None]) -> Callable[[], Any]:
    """Return a library's function that looks for its caller."""
    return _compiled("def run(): keep(find())", SQLALCHEMY, keep=found.append, find=find_caller)
