"""Every error that tracestore raises on purpose.

TracestoreError
├── DatabaseFileError        the file cannot be our database; the command line ends with 2
├── PortTakenError           an address cannot be listened on; the command line ends with 2
├── GrpcMissingError         OTLP/gRPC is wanted without grpcio; the command line ends with 2
├── StoreUnavailableError    the disk is full or the file is locked; worth a retry
├── MalformedParameterError  a query parameter that cannot be read; names the parameter
└── OtlpError                an export request that is refused, with its HTTP status
    ├── InvalidBodyError           400
    ├── BodyTooLargeError          413
    └── UnsupportedBodyError       415
"""


class TracestoreError(Exception):
    """The root: what tracestore knows how to say in one sentence."""


class DatabaseFileError(TracestoreError):
    """The database file is not ours to write, or somebody else is writing it."""


class PortTakenError(TracestoreError):
    """An address that tracestore was told to listen on cannot be had."""


class GrpcMissingError(TracestoreError):
    """OTLP/gRPC is an extra that is not installed."""


class StoreUnavailableError(TracestoreError):
    """SQLite could not write or read now; the same request may succeed later."""


class MalformedParameterError(TracestoreError):
    """A query parameter cannot be read."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"malformed parameter {name}: {reason}")
        self.name = name
        self.reason = reason


class OtlpError(TracestoreError):
    """An export request is refused for good: sending it again will not help."""

    http_status = 400


class InvalidBodyError(OtlpError):
    """The body is not what its headers say, or is cut off."""


class BodyTooLargeError(OtlpError):
    """The body is larger than the limit, as sent or once decompressed."""

    http_status = 413


class UnsupportedBodyError(OtlpError):
    """A content type or an encoding that OTLP/HTTP does not have."""

    http_status = 415
