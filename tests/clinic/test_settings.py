"""Test that the environment is read in one place, and refused with the variable's name."""

from pathlib import Path

import pytest

from clinic.errors import SettingsError
from clinic.settings import Settings


def test_empty_environment_gives_the_defaults() -> None:
    assert Settings.from_env({}) == Settings()


def test_environment_is_taken_over() -> None:
    settings = Settings.from_env(
        {
            "DATABASE_URL": "sqlite:///cats.db",
            "CLINIC_FLAGS_FILE": "elsewhere/flags.json",
            "CLINIC_TRACE_URL": "http://127.0.0.1:26686/",
            "CLINIC_ALLOW_STRATEGY_OVERRIDE": "1",
            "CLINIC_DB_LATENCY_MS": "2.5",
            "CLINIC_FOLD_SPANS": "1",
        }
    )

    assert settings == Settings(
        database_url="sqlite:///cats.db",
        flags_file=Path("elsewhere/flags.json"),
        trace_url="http://127.0.0.1:26686",
        allow_strategy_override=True,
        db_latency_ms=2.5,
        fold_spans=True,
    )


def test_word_that_is_neither_true_nor_false_is_named() -> None:
    with pytest.raises(SettingsError, match="CLINIC_ALLOW_STRATEGY_OVERRIDE='maybe'"):
        Settings.from_env({"CLINIC_ALLOW_STRATEGY_OVERRIDE": "maybe"})


@pytest.mark.parametrize("text", ["-1", "2ms", "1001", "nan", "1e3", "٣"])
def test_a_wait_that_is_none_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match="CLINIC_DB_LATENCY_MS="):
        Settings.from_env({"CLINIC_DB_LATENCY_MS": text})
