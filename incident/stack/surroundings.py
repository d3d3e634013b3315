"""What has to be true before anything is started, each with a sentence for when it is not."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import ports
from incident.errors import DiskFull, IncidentError, ToolMissing
from incident.stack.commands import TOOLS, tool
from incident.stack.settings import EMBEDDED, Settings

# A run leaves some 120 MB: spans, the clinic's database, logs.
NEEDED_BYTES = 300_000_000


def check(settings: Settings) -> None:
    """Raise an IncidentError unless tools, project files, disk and ports are as needed."""
    require_tools()
    require_files(settings.locustfile, settings.flags_template)
    require_space(shutil.disk_usage(settings.folder).free, settings.folder)
    if settings.target == EMBEDDED:
        ports.require_free(settings.ports)


def require_tools() -> None:
    """Raise ToolMissing if a program that the replay starts is not beside this Python."""
    if missing := [name for name in TOOLS if not tool(name).exists()]:
        raise ToolMissing(
            f"{', '.join(missing)} not found in {tool(missing[0]).parent}: "
            "run `make demo`, which installs everything."
        )


def require_files(*paths: Path) -> None:
    """Raise ToolMissing if the package runs away from the project that it belongs to."""
    if missing := [str(path) for path in paths if not path.exists()]:
        raise ToolMissing(
            f"{', '.join(missing)} not found: the replay needs a checkout of the project, "
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
    """Hold the folder against another replay, which would overwrite what this one records."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise IncidentError(
                f"Another replay is recording to {folder}, or serves what it recorded: wait for "
                "it, end it with Ctrl-C, or name another folder with --var."
            ) from error
        yield
