"""Define the errors that tracestore raises on purpose.

TracestoreError
├── DatabaseFileError             the database file cannot be used; the command exits with 2
├── PortTakenError                nothing can listen on a host and port; the command exits with 2
├── GrpcMissingError              OTLP/gRPC needs grpcio; the command exits with 2
├── StoreUnavailableError    503  the disk is full or the file is locked; a retry may succeed
├── NotStoredError           404  the store has no such trace or span
├── MalformedParameterError  400  names the query parameter that cannot be read
└── OtlpError                400  refuses an export request or a file for good
    ├── InvalidBodyError     400
    ├── BodyTooLargeError    413
    └── UnsupportedBodyError 415

error_answers turns them into HTTP answers.
"""


class TracestoreError(Exception):
    """Stand for every error of the tree; `title` is the heading of its page."""

    http_status = 500
    title = "Something went wrong"

    @property
    def public_message(self) -> str:
        """Return what a client may read."""
        return str(self)


class DatabaseFileError(TracestoreError):
    """Refuse a file that is not a tracestore database, or that another process writes."""


class PortTakenError(TracestoreError):
    """Refuse a host and port on which tracestore cannot listen."""


class GrpcMissingError(TracestoreError):
    """Refuse OTLP/gRPC while grpcio is not installed."""


class StoreUnavailableError(TracestoreError):
    """Report that SQLite cannot read or write now; the same request may succeed later."""

    http_status = 503
    title = "The store cannot be used now"

    @property
    def public_message(self) -> str:
        """Return a message without SQLite's own words, which the log has."""
        return "the store cannot be used now: try again"


class NotStoredError(TracestoreError):
    """Report a trace or a span that the store does not have."""

    http_status = 404

    def __init__(self, message: str, *, title: str = "Not found") -> None:
        super().__init__(message)
        self.title = title


class MalformedParameterError(TracestoreError):
    """Name a query parameter that cannot be read, and say why."""

    http_status = 400
    title = "The address cannot be read"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"malformed parameter {name}: {reason}")
        self.name = name
        self.reason = reason


class OtlpError(TracestoreError):
    """Refuse an export request or a file for good: sending it again does not help."""

    http_status = 400
    title = "The file cannot be read"


class InvalidBodyError(OtlpError):
    """Refuse a body that is cut off, or that is not what its headers say."""


class BodyTooLargeError(OtlpError):
    """Refuse a body over the limit, as sent or after decompression."""

    http_status = 413
    title = "The file is too large"


class UnsupportedBodyError(OtlpError):
    """Refuse a content type or an encoding that OTLP/HTTP does not have."""

    http_status = 415
