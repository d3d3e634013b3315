"""Write the next command as the README has it: by make in the checkout, by its path elsewhere."""

import shlex
from pathlib import Path

from harness.project import PROJECT, tool
from incident.stack.places import FLAGS_FILE, Folder, Stack


def fix(stack: Stack, folder: Folder, strategy: str) -> str:
    """Return what switches a running clinic to a strategy."""
    moved = stack.clinic.number != Stack().clinic.number
    elsewhere = folder.flags_file != PROJECT / "var" / FLAGS_FILE
    port, file = stack.clinic.number, from_here(folder.flags_file)
    if Path.cwd() == PROJECT:
        return _make(
            f"fix STRATEGY={strategy}",
            f"CLINIC_PORT={port}" if moved else "",
            f"FLAGS_FOLDER={shlex.quote(str(file.parent))}" if elsewhere else "",
        )
    return _incident(
        f"fix --strategy {strategy}",
        f"--clinic-port {port}" if moved else "",
        f"--flags-file {shlex.quote(str(file))}",
    )


def traces(stack: Stack, folder: Folder) -> str:
    """Return what opens the traces of the last run again."""
    moved = stack.trace_ui.number != Stack().trace_ui.number
    port, var = stack.trace_ui.number, shlex.quote(str(from_here(folder.var)))
    if Path.cwd() == PROJECT:
        return _make(
            "traces",
            f"TRACE_UI_PORT={port}" if moved else "",
            f"TRACES_ARGS={shlex.quote(f'--var {var}')}" if folder.var != PROJECT / "var" else "",
        )
    return _incident("traces", f"--ui-port {port}" if moved else "", f"--var {var}")


def from_here(path: Path) -> Path:
    """Return the path as one would type it in this folder."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _make(*words: str) -> str:
    return " ".join(filter(None, ["make", *words]))


def _incident(*words: str) -> str:
    return " ".join(filter(None, [str(from_here(Path(tool("incident")))), *words]))
