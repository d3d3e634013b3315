"""The environment is read in one place, and refused with the variable's name."""

import os
import subprocess
from pathlib import Path

import pytest

from clinic.errors import SettingsError
from clinic.settings import ServerSettings, Settings
from tests.running import PROJECT, tool


def test_empty_environment_gives_the_defaults() -> None:
    assert Settings.from_env({}) == Settings()


def test_environment_is_taken_over() -> None:
    settings = Settings.from_env(
        {
            "DATABASE_URL": "sqlite:///cats.db",
            "CLINIC_FLAGS_FILE": "elsewhere/flags.json",
            "CLINIC_TRACE_URL": "http://127.0.0.1:26686/",
            "CLINIC_ALLOW_STRATEGY_OVERRIDE": "1",
        }
    )

    assert settings == Settings(
        database_url="sqlite:///cats.db",
        flags_file=Path("elsewhere/flags.json"),
        trace_url="http://127.0.0.1:26686",
        allow_strategy_override=True,
    )


def test_word_that_is_neither_true_nor_false_is_named() -> None:
    with pytest.raises(SettingsError, match="CLINIC_ALLOW_STRATEGY_OVERRIDE='maybe'"):
        Settings.from_env({"CLINIC_ALLOW_STRATEGY_OVERRIDE": "maybe"})


def test_empty_environment_serves_on_loopback_by_one_process() -> None:
    served = ServerSettings.from_env({"CLINIC_WORKERS": "", "CLINIC_BIND": ""})

    assert served == ServerSettings(bind="127.0.0.1:8000", workers=1, threads=8)


def test_how_it_is_served_is_taken_over() -> None:
    served = ServerSettings.from_env(
        {"CLINIC_BIND": "[::1]:9000", "CLINIC_WORKERS": "4", "CLINIC_THREADS": "2"}
    )

    assert served == ServerSettings(bind="[::1]:9000", workers=4, threads=2)


@pytest.mark.parametrize("variable", ["CLINIC_WORKERS", "CLINIC_THREADS"])
@pytest.mark.parametrize("text", ["many", "0", "-1", "1.5", "²"])
def test_count_that_is_none_is_named(variable: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"{variable}='{text}' is no number of at least 1"):
        ServerSettings.from_env({variable: text})


@pytest.mark.parametrize("text", ["8000", "localhost", "127.0.0.1:http", "127.0.0.1:70000"])
def test_address_that_is_none_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match=f"CLINIC_BIND='{text}' is no address"):
        ServerSettings.from_env({"CLINIC_BIND": text})


@pytest.mark.parametrize(
    ("variable", "text", "complaint"),
    [
        ("CLINIC_WORKERS", "many", "CLINIC_WORKERS='many' is no number of at least 1"),
        ("DATABASE_URL", "cats", "DATABASE_URL='cats' is no database URL"),
    ],
)
def test_server_that_cannot_start_says_one_sentence(
    variable: str, text: str, complaint: str
) -> None:
    done = subprocess.run(
        [tool("gunicorn"), f"--config={PROJECT / 'service' / 'gunicorn.conf.py'}"],
        env={**os.environ, variable: text},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 2
    assert done.stderr.startswith(f"clinic: {complaint}")
    assert len(done.stderr.splitlines()) == 1
