"""Define what can keep a command from finishing, on top of harness.errors.

IncidentError   2   cannot be done as asked: usage, input, surroundings
├── DiskFull    2
├── FlagsError      the clinic's exit code: it refuses the flags file or the strategy
├── RecordError 2   a line of the request log is not a request
└── Unfinished  3   a replay could not be played to its end
"""

import errno
import os
from pathlib import Path

from harness.errors import HarnessError


class IncidentError(HarnessError):
    """Say what went wrong, and what to do next."""


class DiskFull(IncidentError):
    pass


class FlagsError(IncidentError):
    """Repeat why the clinic refuses, and with which exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class RecordError(IncidentError):
    pass


class Unfinished(IncidentError):
    exit_code = 3


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
