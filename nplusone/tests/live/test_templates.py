"""Test that statements that templates send are told with the template's own line and name."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import django
import pytest
from django.conf import settings
from django.template import Engine as DjangoEngine
from django.template.context import Context
from jinja2 import Environment, FileSystemLoader, ModuleLoader
from mako.lookup import TemplateLookup  # type: ignore[import-untyped]  # it has no types
from sqlalchemy import select
from sqlalchemy.orm import Session

from nplusone.tests.shop import Shelf, make_shop
from otel_nplusone._live.callsite import CallSite, find_caller
from otel_nplusone._testing.recorder import record_queries

Render = Callable[[str], CallSite]

LOOP = "<ul>\n{% for shelf in shelves %}\n<li>\n{{ shelf.books|length }}\n{% endfor %}"


@pytest.fixture
def shelves() -> Iterator[list[Shelf]]:
    """Yield six shelves whose books are loaded when they are touched first."""
    with Session(make_shop()) as session:
        yield list(session.scalars(select(Shelf)))


@pytest.fixture(params=["files", "compiled", "async"])
def jinja(request: pytest.FixtureRequest, tmp_path: Path, shelves: list[Shelf]) -> Render:
    """Return what renders a Jinja template and tells its last statement."""

    def render(name: str) -> CallSite:
        environment = Environment(
            loader=FileSystemLoader(tmp_path), enable_async=request.param == "async"
        )
        if request.param == "compiled":
            environment.compile_templates(tmp_path / "compiled", zip=None)
            environment = Environment(loader=ModuleLoader(tmp_path / "compiled"))
        return _last_of(lambda: environment.get_template(name).render(shelves=shelves))

    return render


@pytest.fixture
def django_render(tmp_path: Path, shelves: list[Shelf]) -> Render:
    """Return what renders a Django template and tells its last statement."""
    if not settings.configured:
        settings.configure()
        django.setup()
    engine = DjangoEngine(dirs=[str(tmp_path)])
    return lambda name: _last_of(
        lambda: engine.get_template(name).render(Context({"shelves": shelves}))
    )


@pytest.fixture(params=["memory", "modules"])
def mako(request: pytest.FixtureRequest, tmp_path: Path, shelves: list[Shelf]) -> Render:
    """Return what renders a Mako template and tells its last statement."""
    modules = tmp_path / "modules" if request.param == "modules" else None
    lookup = TemplateLookup([str(tmp_path)], module_directory=modules and str(modules))
    return lambda name: _last_of(lambda: lookup.get_template(name).render(shelves=shelves))


def _last_of(render: Callable[[], object]) -> CallSite:
    """Return where the last of six statements was sent; rendering has to send one for a shelf."""
    with record_queries() as seen:
        render()
    assert len(seen) == 6
    return cast(CallSite, seen[-1].caller)


def write(folder: Path, **templates: str) -> None:
    for name, text in templates.items():
        (folder / f"{name}.html").write_text(text)


@pytest.mark.parametrize(
    ("templates", "name", "line"),
    [
        ({"page": LOOP}, "page.html", 4),
        (
            {"page": "{% for shelf in shelves %}\n{% include 'row.html' %}\n{% endfor %}"}
            | {"row": "<li>\n\n{{ shelf.books|length }}"},
            "row.html",
            3,
        ),
        (
            {"page": "{% extends 'base.html' %}\n{% block main %}\n" + LOOP + "{% endblock %}"}
            | {"base": "<html>\n\n{% block main %}{% endblock %}"},
            "page.html block main",
            6,
        ),
        (
            {"page": "{% extends 'base.html' %}\n"}
            | {"base": "<html>\n{% block main %}\n" + LOOP + "{% endblock %}"},
            "base.html block main",
            6,
        ),
        (
            {
                "page": "{% macro row(shelf) %}\n<li>\n{{ shelf.books|length }}{% endmacro %}\n"
                "{% for shelf in shelves %}\n{{ row(shelf) }}\n{% endfor %}"
            },
            "page.html macro",
            3,
        ),
        (
            {"rows": "{% macro row(shelf) %}\n<li>\n{{ shelf.books|length }}{% endmacro %}"}
            | {
                "page": "{% import 'rows.html' as rows %}\n{% for shelf in shelves %}\n"
                "{{ rows.row(shelf) }}\n{% endfor %}"
            },
            "rows.html macro",
            3,
        ),
        (
            {"rows": "{% macro row(shelf) %}\n\n{{ shelf.books|length }}{% endmacro %}"}
            | {
                "page": "{% from 'rows.html' import row %}\n{% for shelf in shelves %}\n"
                "{{ row(shelf) }}\n{% endfor %}"
            },
            "rows.html macro",
            3,
        ),
        (
            {
                "page": "{% macro each() %}{% for shelf in shelves %}{{ caller(shelf) }}"
                "{% endfor %}{% endmacro %}\n{% call(shelf) each() %}\n"
                "{{ shelf.books|length }}\n{% endcall %}"
            },
            "page.html macro",
            3,
        ),
        ({"page": "<p>\n\n{{ shelves|map(attribute='books')|list }}"}, "page.html", 3),
    ],
    ids=[
        "attribute",
        "include",
        "block of a child",
        "block of its base",
        "macro",
        "import",
        "from import",
        "call block",
        "filter",
    ],
)
def test_jinja_line_is_that_of_the_template(
    templates: dict[str, str], name: str, line: int, jinja: Render, tmp_path: Path
) -> None:
    write(tmp_path, **templates)

    site = jinja("page.html")

    file = name.partition(" ")[0]
    assert (site.function, site.line) == (name, line)
    assert site.file in (str(tmp_path / file), file)  # a compiled one knows its name alone
    assert site.relationship == "Shelf.books"


def test_jinja_line_past_the_end_of_the_generated_python_is_right(
    jinja: Render, tmp_path: Path
) -> None:
    write(tmp_path, page="\n" * 500 + LOOP)

    assert jinja("page.html").line == 504


@pytest.mark.parametrize(
    ("templates", "name", "line"),
    [
        ({"page": LOOP}, "page.html", 4),
        (
            {"page": "{% for shelf in shelves %}\n{% include 'row.html' %}\n{% endfor %}"}
            | {"row": "<li>\n\n{{ shelf.books|length }}"},
            "row.html",
            3,
        ),
        (
            {"page": "{% extends 'base.html' %}\n{% block main %}\n" + LOOP + "{% endblock %}"}
            | {"base": "<html>\n\n{% block main %}{% endblock %}"},
            "page.html",
            6,
        ),
        (
            {
                "page": "{% for shelf in shelves %}\n{% with books=shelf.books %}\n"
                "{% if books %}{{ books|length }}{% endif %}{% endwith %}{% endfor %}"
            },
            "page.html",
            2,
        ),
    ],
    ids=["attribute", "include", "inheritance", "with"],
)
def test_django_line_is_that_of_the_nodes_token(
    templates: dict[str, str], name: str, line: int, django_render: Render, tmp_path: Path
) -> None:
    write(tmp_path, **templates)

    site = django_render("page.html")

    assert (site.function, site.file, site.line) == (name, str(tmp_path / name), line)


@pytest.mark.parametrize(
    ("templates", "name", "line"),
    [
        (
            {"page": "<ul>\n% for shelf in shelves:\n<li>\n${len(shelf.books)}\n% endfor\n"},
            "page.html",
            4,
        ),
        (
            {
                "page": "% for shelf in shelves:\n${row(shelf)}\n% endfor\n"
                '<%def name="row(shelf)">\n<li>\n\n${len(shelf.books)}\n</%def>'
            },
            "page.html row",
            7,
        ),
    ],
    ids=["attribute", "def"],
)
def test_mako_line_is_that_of_the_template(
    templates: dict[str, str], name: str, line: int, mako: Render, tmp_path: Path
) -> None:
    write(tmp_path, **templates)

    site = mako("page.html")

    file = str(tmp_path / name.partition(" ")[0])
    assert (site.function.removeprefix("/"), site.file, site.line) == (name, file, line)


def test_the_way_leads_from_a_macro_through_the_loop_of_the_page(
    tmp_path: Path, shelves: list[Shelf]
) -> None:
    write(
        tmp_path,
        rows="{% macro row(shelf) %}\n<li>{{ find(shelf) }}{% endmacro %}",
        page="{% from 'rows.html' import row with context %}\n<ul>\n"
        "{% for shelf in shelves %}\n{{ row(shelf) }}\n{% endfor %}",
    )
    ways: list[str] = []
    template = Environment(loader=FileSystemLoader(tmp_path)).get_template("page.html")

    template.render(shelves=shelves, find=_keep_way_in(ways))

    assert len(ways) == 6
    assert set(ways) == {f"{tmp_path}/rows.html:2 rows.html macro ← {tmp_path}/page.html:4"}


def test_the_way_leads_through_the_for_nodes_of_django(
    tmp_path: Path, shelves: list[Shelf], django_render: Render
) -> None:
    write(
        tmp_path,
        row="<li>\n{{ find }}",
        page="<ul>\n{% for shelf in shelves %}\n{% include 'row.html' %}{% endfor %}",
    )
    ways: list[str] = []
    template = DjangoEngine(dirs=[str(tmp_path)]).get_template("page.html")

    template.render(Context({"shelves": shelves, "find": _keep_way_in(ways)}))

    folder = str(tmp_path)
    expected = f"{folder}/row.html:2 ← {folder}/page.html:3 ← {folder}/page.html:2"
    assert len(ways) == 6
    assert set(ways) == {expected}


def _keep_way_in(ways: list[str]) -> Any:
    """Return a library's function: no frame of it is a place."""
    namespace: dict[str, Any] = {"find": find_caller, "ways": ways}
    exec("def run(*_): ways.append(find(with_way=True).way)", namespace)
    return namespace["run"]
