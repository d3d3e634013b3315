"""Check what a run needs before anything is started; what is missing is one sentence."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import ports
from harness.errors import ToolMissing
from harness.project import tool
from incident.errors import DiskFull, IncidentError
from incident.stack.commands import TOOLS
from incident.stack.places import LOOPS, Folder, Stack

# A run leaves some 120 MB: spans, the clinic's database, logs.
NEEDED_BYTES = 300_000_000


def check(stack: Stack, folder: Folder) -> None:
    """Raise an IncidentError unless tools, project files, disk and ports are as needed."""
    require_tools()
    require_files(*map(stack.locustfile, LOOPS), stack.flags_template)
    require_space(shutil.disk_usage(folder.path).free, folder.path)
    if stack.starts_parts:
        ports.require_free(stack.ports)


def require_tools() -> None:
    """Raise ToolMissing if a program that a run starts is not next to this Python."""
    if missing := [name for name in TOOLS if not Path(tool(name)).exists()]:
        raise ToolMissing(
            f"{', '.join(missing)} not found in {Path(tool(missing[0])).parent}: "
            "run `make demo`, which installs everything."
        )


def require_files(*paths: Path) -> None:
    """Raise ToolMissing if a file of the project is missing, as without a checkout."""
    if missing := [str(path) for path in paths if not path.exists()]:
        raise ToolMissing(
            f"{', '.join(missing)} not found: a run needs a checkout of the project, "
            "installed by `make demo`."
        )


def require_space(free_bytes: int, folder: Path) -> None:
    """Raise DiskFull if what a run records would not fit."""
    if free_bytes < NEEDED_BYTES:
        raise DiskFull(
            f"Only {free_bytes / 1e6:.0f} MB are free where {folder} is, and a run may take "
            f"{NEEDED_BYTES / 1e6:.0f} MB: free some space, or name another folder with --var."
        )


@contextmanager
def sole_use(folder: Path) -> Iterator[None]:
    """Hold the folder against another run, which would overwrite what this one records."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise IncidentError(
                f"Another run records to {folder}, or serves what it recorded: wait for "
                "it, end it with Ctrl-C, or name another folder with --var."
            ) from error
        yield
