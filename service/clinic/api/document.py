"""Describe the API: an OpenAPI 3.1 document, and a page to read and try it, at /api/docs.

The viewer's files come with the package flask-openapi3-swagger and are served from here. Its own
page has an inline script, which the content security policy refuses; ours has none.
"""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import flask_openapi3_swagger  # type: ignore[import-untyped]  # it has no types
from flask import Blueprint, Response, current_app, jsonify, render_template
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from pydantic import ValidationError

from clinic.api.models import Problem
from clinic.errors import BadRequest

ASSETS = Path(flask_openapi3_swagger.__file__).parent / "templates" / "swagger"
# The viewer writes style attributes, draws icons from data: addresses, and sends requests here.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)

docs = Blueprint("docs", __name__, url_prefix="/api/docs", static_folder=ASSETS)


def _malformed(error: ValidationError) -> Response:
    """Raise BadRequest that says in one sentence which value cannot be used, and why."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"]) or "body"
    raise BadRequest(f"{place}: {first['msg']}.")


OPTIONS: dict[str, Any] = {
    "info": Info(title="The Cat Clinic", version=version("cat-clinic")),
    # Without it the document holds null, which OpenAPI does not allow.
    "security_schemes": {},
    "validation_error_status": 400,
    "validation_error_model": Problem,
    "validation_error_callback": _malformed,
    # The package's own pages need inline scripts; viewer() does not.
    "doc_ui": False,
}


def init_app(app: OpenAPI) -> None:
    """Add the document and its page to the application."""
    app.register_blueprint(docs)


@docs.get("")
def viewer() -> Response:
    """Show the page that reads the document."""
    response = Response(render_template("api_docs.html"))
    response.headers["Content-Security-Policy"] = POLICY
    return response


@docs.get("/openapi.json")
def document() -> Response:
    """Send the document."""
    app = current_app
    assert isinstance(app, OpenAPI)
    return jsonify(app.api_doc)
