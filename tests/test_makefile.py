import os
import subprocess

from harness.project import PROJECT


def test_what_make_starts_keeps_its_compiled_modules() -> None:
    shown = subprocess.run(
        ["make", "--silent", "--eval=show: ; @env", "show"],
        cwd=PROJECT,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "PYTHONDONTWRITEBYTECODE" not in shown.stdout
    assert "PATH=" in shown.stdout
