"""Asking the stack's parts for JSON, with an error that says who answered what."""

import json
from collections.abc import Mapping
from typing import Any

import urllib3

from incident.errors import BackendError

TIMEOUT_S = 60


class JsonClient:
    """Gets JSON from one address; connections are kept."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._http = urllib3.PoolManager(retries=False, timeout=TIMEOUT_S)

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """Return the answer; None where there is none (404, Jaeger's way of saying so).

        Raises BackendError for any other answer, also for one that is no JSON.
        """
        url = f"{self._address}{path}"
        try:
            response = self._http.request("GET", url, fields=query or {})
        except urllib3.exceptions.HTTPError as error:
            raise BackendError(f"{url} cannot be read: {error}") from error
        if response.status == 404:
            return None
        if response.status != 200:
            said = response.data[:200].decode("utf-8", errors="replace").strip()
            raise BackendError(f"{url} answered {response.status}: {said}")
        try:
            return dict(json.loads(response.data))
        except ValueError as error:
            raise BackendError(f"{url} answered no JSON: {error}") from error
