"""Refuse what could do harm, and tell browsers what a page may do.

Cross-site requests (CSRF): a request that changes something is refused if the browser says that
another site's page sent it. Every browser says so, in Sec-Fetch-Site or else in Origin, and a page
can forge neither. Other programs send neither, and act for nobody but themselves. This needs no
secret that several processes would have to share, and no token in each form.
"""

from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

from clinic.errors import CrossSiteRequest, SettingsError

MAX_BODY_BYTES = 64 * 1024
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Nothing comes from elsewhere, nothing runs: the pages have no JavaScript.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def init_app(app: Flask) -> None:
    """Refuse debug mode, large bodies and cross-site requests, and send the headers each time."""
    if app.debug:
        raise SettingsError(
            "FLASK_DEBUG is set, and a debugger in a browser is a shell on this machine: unset it. "
            "To debug, start the clinic from an editor (cat-clinic.code-workspace)."
        )
    app.before_request(_refuse_cross_site)
    # Flask's own limit holds where a body is read, the check of what is announced everywhere else.
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.before_request(_refuse_large_body)
    app.after_request(_add_headers)


def _refuse_large_body() -> None:
    if (request.content_length or 0) > MAX_BODY_BYTES:
        abort(413)


def _refuse_cross_site() -> None:
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        allowed = site in {"same-origin", "none"}
    else:
        origin = request.headers.get("Origin")
        allowed = origin is None or _host(origin) == request.host
    if not allowed:
        raise CrossSiteRequest


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
