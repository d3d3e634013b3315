"""Ask a part of the stack over HTTP; an error says who answered what."""

from collections.abc import Callable, Mapping
from typing import Any

import urllib3

from harness.errors import BackendError
from otel_nplusone import errors
from otel_nplusone.jaeger import NotFoundHereError, get_json

TIMEOUT_S = 60
ANSWER_TIMEOUT_S = 30


class JsonClient:
    """Get JSON from one address."""

    def __init__(self, address: str) -> None:
        self._address = address

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """Return the answer; None for a 404, which is how Jaeger says that nothing was found.

        Raises BackendError for any other answer, also for one that is not a JSON object.
        """
        try:
            answer = get_json(self._address, path, query)
        except NotFoundHereError:
            return None
        except errors.BackendError as error:
            raise BackendError(str(error)) from error
        if not isinstance(answer, dict):
            raise BackendError(f"{self._address}{path} did not answer with a JSON object.")
        return answer

    def post(self, path: str, **fields: str) -> None:
        """Send a form; raise BackendError unless it is answered with 200."""
        url = f"{self._address}{path}"
        try:
            response = urllib3.request("POST", url, fields=fields, retries=False, timeout=TIMEOUT_S)
        except urllib3.exceptions.HTTPError as error:
            raise BackendError(f"{url} does not answer: {error}") from error
        if response.status != 200:
            raise BackendError(f"{url} answered {response.status}.")


def answers(url: str) -> Callable[[], bool]:
    """Return a question that asks whether an address answers with success."""

    def ask() -> bool:
        try:
            # A connection of its own, closed at once: the part may be stopped at any time.
            with urllib3.PoolManager(num_pools=1) as http:
                answer = http.request("GET", url, retries=False, timeout=ANSWER_TIMEOUT_S)
        except urllib3.exceptions.HTTPError:
            return False
        return answer.status < 400

    return ask
