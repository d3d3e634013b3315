"""Test that the server's environment is checked, and refused with the variable's name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from clinic.errors import SettingsError
from clinic.settings import ServerSettings
from harness.project import PROJECT, tool

CONFIG = "python:clinic.gunicorn_conf"


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments,
        env={**os.environ, **environ},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_empty_environment_gives_one_process_of_eight_threads() -> None:
    environ = {"CLINIC_BIND": "", "WEB_CONCURRENCY": "", "CLINIC_THREADS": ""}

    assert ServerSettings.from_env(environ) == ServerSettings.from_env({})
    assert ServerSettings() == ServerSettings(bind="127.0.0.1:8000", workers=1, threads=8)


@pytest.mark.parametrize("bind", ["0.0.0.0:8000", "localhost:1", "[::1]:65535", "unix:/run/clinic"])
def test_environment_is_taken_over(bind: str) -> None:
    environ = {"CLINIC_BIND": bind, "WEB_CONCURRENCY": "2", "CLINIC_THREADS": "16"}

    assert ServerSettings.from_env(environ) == ServerSettings(bind=bind, workers=2, threads=16)


@pytest.mark.parametrize("name", ["WEB_CONCURRENCY", "CLINIC_THREADS"])
@pytest.mark.parametrize("value", ["many", "0", "-1", "1.5", "1001", "٣"])
def test_what_is_no_number_of_them_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}='{value}' is not a number from 1"):
        ServerSettings.from_env({name: value})


@pytest.mark.parametrize("bind", ["8000", "127.0.0.1", "127.0.0.1:", ":8000", "host:0", "h:99999"])
def test_what_is_no_address_is_named(bind: str) -> None:
    with pytest.raises(SettingsError, match=f"CLINIC_BIND='{bind}' is not an address"):
        ServerSettings.from_env({"CLINIC_BIND": bind})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEB_CONCURRENCY", "many"),
        ("CLINIC_THREADS", "few"),
        ("CLINIC_BIND", "nowhere"),
        ("CLINIC_ALLOW_STRATEGY_OVERRIDE", "maybe"),
    ],
)
def test_serving_with_a_bad_variable_is_one_sentence(name: str, value: str) -> None:
    done = run(tool("clinic"), "serve", **{name: value})

    assert done.returncode == 2
    assert done.stderr.startswith(f"clinic: {name}='{value}' is n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("name", "value"), [("CLINIC_THREADS", "few"), ("WEB_CONCURRENCY", "0")])
def test_gunicorn_by_itself_says_the_same(name: str, value: str) -> None:
    done = run(sys.executable, "-m", "gunicorn", f"--config={CONFIG}", **{name: value})

    assert done.returncode == 2
    assert done.stderr.startswith(f"clinic: {name}='{value}' is n")
    assert "Traceback" not in done.stderr


def test_configuration_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = run(tool("clinic"), "serve", f"--config={tmp_path / 'none.py'}")

    assert done.returncode == 2
    assert "none.py is not a file: name one" in done.stderr
