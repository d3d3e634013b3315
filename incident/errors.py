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
import os
import signal
from pathlib import Path


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
    if error.errno in (errno.EACCES, errno.EPERM) and isinstance(error.filename, str):
        where += _whose(Path(error.filename))
    return IncidentError(f"{error.strerror or error}{where}.")


def _whose(path: Path) -> str:
    """Say to whom a path belongs that this user may not use, if that is somebody else."""
    found = next(one for one in (path.absolute(), *path.absolute().parents) if one.exists())
    folder = found if found.is_dir() else found.parent
    owner, user = folder.stat().st_uid, os.geteuid()
    if owner == user:
        return ""
    elsewhere = "keep what runs record elsewhere with --var FOLDER"
    # What the engine made for a bind mount; whatever is outside of here has its owner's reasons.
    mended = f"take it back with `sudo chown -R {user} {folder}`, or "
    return (
        f": {folder} belongs to user {owner}, and you are user {user}; "
        f"{mended if folder.is_relative_to(Path.cwd()) else ''}{elsewhere}"
    )
