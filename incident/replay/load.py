"""Read what Locust writes down of its visitors' requests, while it is being written."""

import json
from dataclasses import dataclass
from pathlib import Path

from harness.clients.clinic import STORIES
from incident.errors import RecordError
from incident.story.lines import GrowingLines


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Hold one finished request: what the visitor saw, and what the service said of it.

    `response_ms` is the visitor's time, waiting in the queue included, `server_ms` the
    service's. What comes from Server-Timing is None where there was no answer.
    """

    start_time_unix_nano: int
    response_ms: float
    name: str
    status: int
    failure: str | None
    server_ms: float | None
    statements: int | None
    spans: int | None
    strategy: str | None
    trace_id: str | None
    # Of an open loop alone: when the visitor was due, where, and under which load.
    intended_time_unix_nano: int | None = None
    clinic: str | None = None
    load: int | None = None
    # How long after the load began: the seed alone decides it.
    offset_s: float | None = None

    @property
    def end_time_unix_nano(self) -> int:
        return self.start_time_unix_nano + int(self.response_ms * 1e6)

    @property
    def due_time_unix_nano(self) -> int:
        """Return when the visitor came: in a closed loop, when the request was sent."""
        return self.intended_time_unix_nano or self.start_time_unix_nano

    @property
    def latency_ms(self) -> float:
        """Return the visitor's time since they came: also what they waited before they asked."""
        return (self.end_time_unix_nano - self.due_time_unix_nano) / 1e6

    @property
    def waited_ms(self) -> float:
        """Return what of the visitor's time had passed before the service took the request up."""
        return max(0.0, self.latency_ms - (self.server_ms or 0))

    @property
    def is_story(self) -> bool:
        return self.name == STORIES


class RequestLog:
    """Read requests from a file of JSON lines that another process appends to."""

    def __init__(self, path: Path) -> None:
        self._file = GrowingLines(path)
        self.requests: list[Request] = []

    def read(self) -> list[Request]:
        """Take in what has been added; return all. A last line without an end is left alone.

        Raises RecordError that names the line if one is not a request.
        """
        for line in self._file.added():
            self.requests.append(self._parse(line))
        return self.requests

    def _parse(self, line: bytes) -> Request:
        try:
            return Request(**json.loads(line))
        except (ValueError, TypeError) as error:
            number = len(self.requests) + 1
            raise RecordError(f"{self._file.path}:{number} is not a request: {error}") from error
