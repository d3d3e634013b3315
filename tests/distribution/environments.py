"""Test environments of their own, as strangers have them, and commands in them."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

UV = Path(sys.executable).with_name("uv")


def make_environment(folder: Path, *packages: str | Path) -> Path:
    """Make an environment with some packages; return where its programs are."""
    run(UV, "venv", "--quiet", "--clear", "--python", sys.executable, folder)
    install(folder, *packages)
    return folder / "bin"


def install(folder: Path, *words: str | Path) -> None:
    run(UV, "pip", "install", "--quiet", "--python", folder / "bin" / "python", *words)


def only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def run(
    *words: str | Path,
    folder: Path | None = None,
    expect: int = 0,
    variables: Mapping[str, str] | None = None,
) -> str:
    """Run a command to its end; return what it prints, and fail on another exit code."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env=os.environ | (variables or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == expect, done.stdout
    return done.stdout
