"""Get JSON over HTTP from trace backends, and tell apart the ways in which they do not answer.

The client is imported where it is needed: it takes a tenth of the time in which a file is scanned.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from otel_nplusone.errors import BackendError

if TYPE_CHECKING:
    from urllib.error import HTTPError
    from urllib.request import OpenerDirector

TIMEOUT_S = 30.0
_SHOWN = 120
_SERVER_ERRORS = range(500, 600)


class NotFoundHereError(BackendError):
    """Report that the backend answers 404: no such address, or nothing found."""


class OverloadedError(BackendError):
    """Report that the backend breaks off, is too slow, or answers 5xx: it may manage less."""


class NoAnswerError(OverloadedError):
    """Report that nothing answers, or not to the end."""


class NoJsonHereError(BackendError):
    """Report an answer that is not JSON: the page of a user interface, or nothing."""


def get_json(base: str, path: str, query: Mapping[str, object] | None = None) -> object:
    """Get `path` below `base`; BackendError names the address and what came instead of JSON."""
    from urllib.error import HTTPError

    url = base.rstrip("/") + path
    if query:
        url += "?" + urlencode(query)
    try:
        _, body = _get(url, {}, "backend")
    except HTTPError as error:
        with error:
            raise _http_error(url, error) from error
    try:
        return json.loads(body)
    except ValueError as error:
        raise NoJsonHereError(
            f"{url}: the answer is not JSON (it begins with {body[:40]!r}): is this the address of"
            " Jaeger's query API?"
        ) from error


def ask(url: str, headers: Mapping[str, str]) -> int:
    """Get a page, whatever it is; return the status of the answer. NoAnswerError if none comes."""
    from urllib.error import HTTPError

    try:
        return _get(url, headers, "service")[0]
    except HTTPError as error:
        with error:
            return error.code


def _get(url: str, headers: Mapping[str, str], who: str) -> tuple[int, bytes]:
    """Return status and body; HTTPError for an error, NoAnswerError where no answer comes."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request

    asked = Request(url, headers=dict(headers))
    try:
        with _opener(url).open(asked, timeout=TIMEOUT_S) as answer:  # http(s) alone: is_url()
            return answer.status, answer.read()
    except HTTPError:
        raise
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise NoAnswerError(f"{url}: no answer ({reason}): is the {who} running?") from error


def _opener(url: str) -> "OpenerDirector":
    """Return what asks this machine directly, also where HTTP_PROXY is set, and others as it says.

    A loopback address is another machine to a proxy.
    """
    from urllib.request import ProxyHandler, build_opener

    if not _is_loopback(urlsplit(url).hostname or ""):
        return build_opener()
    return build_opener(ProxyHandler({}))


def _is_loopback(host: str) -> bool:
    from ipaddress import ip_address

    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _http_error(url: str, error: "HTTPError") -> BackendError:
    if error.code == 404:
        return NotFoundHereError(f"{url}: not found (404)")
    said = error.read(_SHOWN * 4).decode(errors="replace").strip().replace("\n", " ")[:_SHOWN]
    kind = OverloadedError if error.code in _SERVER_ERRORS else BackendError
    return kind(f"{url}: the backend answered {error.code} {error.reason}: {said}")


def is_url(source: str) -> bool:
    """Tell whether a source is an address rather than a file."""
    return source.startswith(("http://", "https://"))
