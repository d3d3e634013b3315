"""Write the result of a scan for people and for programs."""

from otel_nplusone._core.excerpt import Excerpts, shorten
from otel_nplusone._report.json_document import document, schema
from otel_nplusone._report.markdown import render as as_markdown
from otel_nplusone._report.text import render as as_text

__all__ = ["Excerpts", "as_markdown", "as_text", "document", "schema", "shorten"]
