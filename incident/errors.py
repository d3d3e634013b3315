"""Everything that can keep a replay from its end, each with the exit code that it leads to.

IncidentError              2   cannot be done as asked: usage, input, surroundings
├── BackendError           2   the trace backend gave no usable answer
├── ChildDied              2   something that was started ended early
├── DeadlinePassed         2   something that was waited for did not happen
├── DiskFull               2
├── FlagsError             2   the flags file or the variant is unusable
├── PortTaken              2
├── RecordError            2   a line of the request log is none
├── ToolMissing            2
└── Interrupted      128+n   signal n ended it
"""

import errno
import signal


class IncidentError(Exception):
    """Something went wrong; the message says what, and what to do next."""

    exit_code = 2


class BackendError(IncidentError):
    pass


class ChildDied(IncidentError):
    pass


class DeadlinePassed(IncidentError):
    pass


class DiskFull(IncidentError):
    pass


class FlagsError(IncidentError):
    pass


class PortTaken(IncidentError):
    pass


class RecordError(IncidentError):
    pass


class ToolMissing(IncidentError):
    pass


class Interrupted(IncidentError):
    """A signal asked for the end."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"Stopped by {signal.Signals(signal_number).name}.")
        self.exit_code = 128 + signal_number


def from_os_error(error: OSError) -> IncidentError:
    """Put an OSError into a sentence for the user."""
    where = f" at {error.filename}" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(
            f"The disk is full{where}: free some space, or keep what runs record "
            "elsewhere with --var FOLDER."
        )
    return IncidentError(f"{error.strerror or error}{where}.")
