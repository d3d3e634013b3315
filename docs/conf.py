"""Configure the documentation site: Sphinx, Markdown by MyST, the API from its docstrings."""

import inspect
import re
from importlib.metadata import version as version_of

from sphinx.application import Sphinx

project = "The cat clinic incident"
author = "The cat clinic's authors"
project_copyright = author
release = version_of("otel-nplusone")
version = release

extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
# Pages link to files that are not pages of the site; tools/check_links.py checks all links.
suppress_warnings = ["myst.xref_missing"]

# The order of the source is the order in which it reads best.
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autoclass_content = "both"
# What the SDK says of its own interfaces stands in its documentation.
autodoc_inherit_docstrings = False
# In docstrings as in Markdown, `this` is code.
default_role = "code"

html_theme = "furo"
html_title = project
html_static_path: list[str] = []
html_copy_source = False
html_show_sourcelink = False


def setup(app: Sphinx) -> None:
    """Have docstrings, which are written for editors, read as reStructuredText."""
    app.connect("autodoc-process-docstring", _as_restructured_text)
    app.connect("autodoc-skip-member", _skip_fields_of_tuples)


def _as_restructured_text(
    _app: Sphinx, _kind: str, _name: str, documented: object, _options: object, lines: list[str]
) -> None:
    """Turn indented blocks into literal ones, and lines of `parameter: what it is` into fields."""
    parameters = _parameters(documented)
    text = re.sub(r"(?m)(^|[^:\n])\n\n(?= {4}\S)", r"\1\n\n::\n\n", "\n".join(lines))
    lines[:] = [
        re.sub(r"^(\w+): ", r":param \1: ", line) if line.partition(":")[0] in parameters else line
        for line in text.split("\n")
    ]


def _skip_fields_of_tuples(
    _app: Sphinx, _kind: str, _name: str, member: object, _skip: bool, _options: object
) -> bool | None:
    """Skip what a named tuple says of its fields ("Alias for …"): they are its parameters."""
    return True if (inspect.getdoc(member) or "").startswith("Alias for field") else None


def _parameters(documented: object) -> frozenset[str]:
    try:
        return frozenset(inspect.signature(documented).parameters)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return frozenset()
