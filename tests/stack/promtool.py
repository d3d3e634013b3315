"""Where promtool is: on PATH, or where .ci/stack/binaries has built it."""

import shutil
import subprocess

from tests.running import PROJECT


def find(name: str = "promtool") -> str:
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
    assert found, f"no {name} on PATH nor in {where}: run .ci/stack/binaries, or install Prometheus"
    return found
