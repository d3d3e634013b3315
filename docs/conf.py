"""Configure the documentation site: Sphinx, Markdown by MyST, the API from its docstrings."""

from importlib.metadata import version as version_of

project = "The cat clinic incident"
author = "The cat clinic's authors"
project_copyright = author
release = version_of("otel-nplusone")
version = release

extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
# The READMEs link to files that are not pages of the site; tools/check_links.py checks all links.
suppress_warnings = ["myst.xref_missing"]

# The order of the source is the order in which it reads best.
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_class_signature = "separated"

html_theme = "furo"
html_title = project
html_static_path: list[str] = []
html_copy_source = False
html_show_sourcelink = False
