"""Asking the stack's parts for JSON, with an error that says who answered what."""

from collections.abc import Mapping
from typing import Any

from incident.errors import BackendError
from otel_nplusone import errors
from otel_nplusone.http_json import NotFoundHereError, get_json

TIMEOUT_S = 60


class JsonClient:
    """Gets JSON from one address."""

    def __init__(self, address: str) -> None:
        self._address = address

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """Return the answer; None where there is none (404, Jaeger's way of saying so).

        Raises BackendError for any other answer, also for one that is no JSON.
        """
        try:
            answer = get_json(self._address, path, query)
        except NotFoundHereError:
            return None
        except errors.BackendError as error:
            raise BackendError(str(error)) from error
        if not isinstance(answer, dict):
            raise BackendError(f"{self._address}{path} answered no JSON object")
        return answer
