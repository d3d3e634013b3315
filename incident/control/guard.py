"""Refuse what no page of ours sends, and tell browsers what the page may do.

Host             this page's own names: another name that leads here is DNS rebinding
Origin           the page's own address, wherever a browser sends one
Sec-Fetch-Site   same-origin, wherever a browser sends one
token            in the form, tied to this process: other programs do not know it

A program that tells its replay has no token, and may send nothing of what browsers add.
"""

import hmac
import secrets
from collections.abc import Callable, Collection, Mapping

from flask import Flask, Response, request

MAX_BODY_BYTES = 4096
MAX_BODY_BYTES_OF_PROGRAMS = 8_000_000
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# The report is one file with its styles inside; nothing in it may run, send or load.
REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer", which makes a browser send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
FIELD = "token"


class Refused(Exception):
    """Say why a request is answered with 403."""


def init_app(app: Flask, hosts: Collection[str], programs: Mapping[str, Callable[[], None]]) -> str:
    """Check every request, send the headers with every answer, and return the form's token.

    programs: how a sender is checked where programs send, by the beginning of the path.
    """
    token = secrets.token_urlsafe(24)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES

    @app.before_request
    def check() -> None:
        _check_host(hosts)
        if request.method not in ("GET", "HEAD"):
            for path, check_program in programs.items():
                if request.path.startswith(path):
                    request.max_content_length = MAX_BODY_BYTES_OF_PROGRAMS
                    return check_program()
            _check_sender(token)

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return token


def _check_host(hosts: Collection[str]) -> None:
    host = request.headers.get("Host", "")
    if host.lower() not in hosts:
        raise Refused(
            f"This page does not answer as {host or 'a host without a name'}: "
            f"open http://{next(iter(hosts))}/."
        )


def _check_sender(token: str) -> None:
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if origin not in (None, f"http://{request.headers['Host']}") or site != "same-origin":
        raise Refused("Another site's page sent this: use the buttons of this page.")
    if not hmac.compare_digest(request.form.get(FIELD, "").encode(), token.encode()):
        raise Refused("The form is from another run: reload the page and try again.")
