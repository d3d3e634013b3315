"""Tell visitors apart by an id that stays the same from visit to visit and says nothing else."""

import re
import secrets

from flask import Response, after_this_request, request

from clinic.errors import BadRequest

HEADER = "X-Session-Id"
COOKIE = "clinic-session"
COOKIE_DAYS = 30
_USABLE = re.compile(r"[!-~]{1,128}")


def session_id() -> str:
    """Return the id in X-Session-Id, or else in the cookie, which is set if it is absent.

    Raise BadRequest for an unusable header: its sender can mend it. An unusable cookie is replaced,
    for it would lock its visitor out.
    """
    after_this_request(_vary)
    header = request.headers.get(HEADER)
    if header:
        if not _USABLE.fullmatch(header):
            raise BadRequest(f"{HEADER} needs 1 to 128 printable ASCII characters and no space.")
        return header
    cookie = request.cookies.get(COOKIE, "")
    return cookie if _USABLE.fullmatch(cookie) else _new_cookie()


def _new_cookie() -> str:
    new = secrets.token_urlsafe(16)

    @after_this_request
    def set_cookie(response: Response) -> Response:
        response.set_cookie(
            COOKIE,
            new,
            max_age=COOKIE_DAYS * 24 * 3600,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
        return response

    return new


def _vary(response: Response) -> Response:
    """Keep shared caches from handing one visitor's answer to another."""
    response.vary.update([HEADER, "Cookie"])
    return response
