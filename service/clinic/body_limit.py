"""Refuse large bodies at the door, also on routes that never look at a body."""

from flask import Flask, abort, request

MAX_BODY_BYTES = 64 * 1024


def init_app(app: Flask) -> None:
    """Set Flask's own limit, which holds while a body is read, and check what is announced."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.before_request(_refuse)


def _refuse() -> None:
    if (request.content_length or 0) > MAX_BODY_BYTES:
        abort(413)
