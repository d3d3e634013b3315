"""Find the engines' own programs: on PATH, or where .ci/stack/binaries has built them."""

import shutil
import subprocess

from harness.project import PROJECT


def find(name: str) -> str:
    """Return the program's path; an AssertionError says how to get it."""
    if found := shutil.which(name):
        return found
    where = subprocess.run(
        [PROJECT / ".ci" / "stack" / "binaries", "--where"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    found = shutil.which(name, path=where)
    assert found, f"no {name} on PATH nor in {where}: run .ci/stack/binaries, or install it"
    return found
