"""Define the errors that otel_nplusone raises on purpose.

    NPlusOneError
    ├── UsageError             the command line asks for something that cannot be done
    ├── SourceError            a source of traces cannot be read; names its place
    │   ├── UnknownFormatError     a file has none of the known formats
    │   └── BackendError           a trace backend does not answer, or wrongly
    ├── MissingExtraError      a part needs packages that are not installed
    └── TooManyQueriesError    a test sent too many; also an AssertionError

Their messages are sentences for users: `except NPlusOneError` is enough to show them.
"""


class NPlusOneError(Exception):
    """Report what otel_nplusone can say in one sentence; the root of the errors below."""


class UsageError(NPlusOneError):
    """Report that the command line asks for something that cannot be done."""


class SourceError(NPlusOneError):
    """Report that a source of traces cannot be read; name the file and line, or the URL."""


class UnknownFormatError(SourceError):
    """Report that a file has none of the known formats."""


class BackendError(SourceError):
    """Report that a trace backend does not answer, or not as a trace backend does."""


class MissingExtraError(NPlusOneError):
    """Report that a part needs packages that are not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs more packages: pip install 'otel-nplusone[{extra}]'")


class TooManyQueriesError(NPlusOneError, AssertionError):
    """Report that more statements were sent than a test allows."""
