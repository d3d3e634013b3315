"""Find the checkout, and the programs that are installed with it."""

import sys
from pathlib import Path

# The folder of an editable install, which is how make installs the project.
PROJECT = Path(__file__).resolve().parent.parent


def tool(name: str) -> str:
    """Return where a program of this environment is: next to its Python."""
    return str(Path(sys.executable).parent / name)
