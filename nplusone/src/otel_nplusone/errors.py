"""Every error that otel_nplusone raises on purpose.

NPlusOneError
├── UsageError             the command line asks for something that cannot be done
├── SourceError            a source of traces cannot be read; names the file and line, or the URL
│   ├── UnknownFormatError     a file that is none of the formats that are known
│   └── BackendError           a trace backend that does not answer, or not as one
├── MissingExtraError      a part that needs packages which are not installed
└── TooManyQueriesError    what the pytest plugin found; also an AssertionError
"""


class NPlusOneError(Exception):
    """The root: what otel_nplusone knows how to say in one sentence."""


class UsageError(NPlusOneError):
    """The command line asks for something that cannot be done."""


class SourceError(NPlusOneError):
    """A source of traces cannot be read."""


class UnknownFormatError(SourceError):
    """A file is none of the formats that are known."""


class BackendError(SourceError):
    """A trace backend does not answer, or not as one."""


class MissingExtraError(NPlusOneError):
    """A part needs packages that are not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs more packages: pip install 'otel-nplusone[{extra}]'")


class TooManyQueriesError(NPlusOneError, AssertionError):
    """More statements were sent than a test allows."""
