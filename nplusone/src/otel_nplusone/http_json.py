"""Get JSON over HTTP from trace backends, and tell apart the ways in which they do not answer."""

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping

from otel_nplusone.errors import BackendError

TIMEOUT_S = 30.0
_SHOWN = 120
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_SERVER_ERRORS = range(500, 600)


class NotFoundHereError(BackendError):
    """The backend answers 404: no such address, or nothing found."""


class OverloadedError(BackendError):
    """The backend breaks off, is too slow, or answers 5xx: it may manage to answer less."""


class NoAnswerError(OverloadedError):
    """Nothing answers, or not to the end."""


class NoJsonHereError(BackendError):
    """The backend answers with something else: the page of a user interface, or nothing."""


def get_json(base: str, path: str, query: Mapping[str, object] | None = None) -> object:
    """Get `path` below `base`; BackendError names the address and what came instead of JSON."""
    url = base.rstrip("/") + path
    if query:
        url += "?" + urllib.parse.urlencode(query)
    try:
        with _opener(url).open(url, timeout=TIMEOUT_S) as answer:
            body: bytes = answer.read()
    except urllib.error.HTTPError as error:
        with error:
            raise _http_error(url, error) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise NoAnswerError(f"{url}: no answer ({reason}): is the backend running?") from error
    try:
        return json.loads(body)
    except ValueError as error:
        raise NoJsonHereError(
            f"{url}: the answer is no JSON (it begins with {body[:40]!r}): is this the address of"
            " Jaeger's query API?"
        ) from error


def _opener(url: str) -> urllib.request.OpenerDirector:
    """Return what opens an address: by the proxy of the environment, but never on this machine."""
    is_here = urllib.parse.urlsplit(url).hostname in _LOOPBACK
    return urllib.request.build_opener(urllib.request.ProxyHandler({} if is_here else None))


def _http_error(url: str, error: urllib.error.HTTPError) -> BackendError:
    if error.code == 404:
        return NotFoundHereError(f"{url}: not found (404)")
    said = error.read(_SHOWN * 4).decode(errors="replace").strip().replace("\n", " ")[:_SHOWN]
    kind = OverloadedError if error.code in _SERVER_ERRORS else BackendError
    return kind(f"{url}: the backend answered {error.code} {error.reason}: {said}")


def is_url(source: str) -> bool:
    """Whether a source is an address and no file."""
    return source.startswith(("http://", "https://"))
