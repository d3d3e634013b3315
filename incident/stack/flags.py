"""Switch the strategy by `clinic flags`: the clinic alone edits its flags, and refuses bad ones."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.errors import ToolMissing
from harness.project import tool
from incident.errors import FlagsError

STRATEGIES = (
    *("naive", "identity_map", "lazy", "selectin", "subquery", "joined"),
    *("batched", "distinct", "exists", "in_subquery", "core"),
)


def switch(path: Path, strategy: str) -> str:
    """Make a strategy everybody's, and return the one before; raise as `change` does."""
    before: str = change(path, f"--strategy={strategy}")["before"]["strategy"]
    return before


def change(path: Path, *options: str) -> dict[str, Any]:
    """Have `clinic flags` change a file, or without an option only read it; return what it says.

    Raises FlagsError, and changes nothing, if the clinic refuses the file or the value.
    """
    try:
        done = subprocess.run(
            [tool("clinic"), "flags", f"--flags-file={path}", *options, "--json"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,  # a Ctrl-C is for the command, not for the clinic
        )
    except FileNotFoundError as error:
        raise ToolMissing(f"{error.filename} is missing: install the project.") from error
    if done.returncode:
        raise FlagsError(done.stderr.strip().removeprefix("clinic: "), done.returncode)
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def seed(path: Path, template: Path) -> None:
    """Copy the flags that the service starts from, unless there are some already."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(template, path)


@contextmanager
def put_back(path: Path) -> Iterator[None]:
    """Leave the flags as they were found, byte for byte."""
    kept = path.with_name(f".{path.name}.{os.getpid()}")
    shutil.copy(path, kept)
    try:
        yield
    finally:
        if path.exists():
            kept.replace(path)
        kept.unlink(missing_ok=True)
