"""The feature flag that picks how the Success Stories page reads its cats.

The file is flagd's (https://flagd.dev/schema/v0/flags.json); the running service notices a
change by itself. A half-written or older file would be lost on it, so a change is a new file
put in the place of the old one.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from incident.errors import FlagsError

DEFAULT_FILE = Path("var/flags/flags.json")
FLAG = "success-stories-strategy"


def set_strategy(path: Path, variant: str) -> str:
    """Make `variant` the strategy of everybody; return the one that it takes the place of."""
    document = _read(path)
    flag = _flag(document, path)
    if variant not in flag["variants"]:
        known = ", ".join(sorted(flag["variants"]))
        raise FlagsError(f"{path} knows no strategy {variant!r}; it knows {known}.")
    before = str(flag["defaultVariant"])
    flag["defaultVariant"] = variant
    _replace(path, json.dumps(document, indent=2) + "\n")
    return before


def seed(path: Path, template: Path) -> None:
    """Copy the flags that the service starts from, unless there are some already."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(template, path)


@contextmanager
def put_back(path: Path) -> Iterator[None]:
    """Leave the flags as they were found."""
    found = path.read_text(encoding="utf-8")
    try:
        yield
    finally:
        if path.exists():
            _replace(path, found)


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FlagsError(
            f"There is no flags file {path}: start the clinic first, or name one with --flags-file."
        ) from error
    except ValueError as error:
        raise FlagsError(f"{path} is not JSON: {error}.") from error
    return document if isinstance(document, dict) else {}


def _flag(document: dict[str, Any], path: Path) -> dict[str, Any]:
    flags = document.get("flags")
    flag = flags.get(FLAG) if isinstance(flags, dict) else None
    if not isinstance(flag, dict) or not isinstance(flag.get("variants"), dict):
        raise FlagsError(
            f"{path} holds no flag {FLAG!r} with variants, as service/flags.json does."
        )
    if flag.get("defaultVariant") not in flag["variants"]:
        raise FlagsError(f"{path}: the defaultVariant of {FLAG!r} is none of its variants.")
    return flag


def _replace(path: Path, text: str) -> None:
    now = path.stat()
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.chmod(now.st_mode & 0o777)
        _make_newer(temporary, now.st_mtime_ns)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _make_newer(file: Path, old_mtime_ns: int) -> None:
    # The flags provider compares modification times; a clock can be coarse, or set back.
    now = file.stat().st_mtime_ns
    if now <= old_mtime_ns:
        later = old_mtime_ns + 1_000_000_000
        os.utime(file, ns=(later, later))
