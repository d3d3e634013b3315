"""Test that the strategy follows the flag file, in the running process."""

import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from clinic.app import close_app, create_app
from clinic.errors import SettingsError
from clinic.flags.evaluation import TEMPLATE, copy_template
from clinic.settings import Settings
from harness.waiting import wait_until

DEADLINE_S = 10.0


def set_default_variant(path: Path, variant: str) -> None:
    """Change the flag as a run does: whole file, one rename."""
    flags = json.loads(path.read_text())
    flags["flags"]["success-stories-strategy"]["defaultVariant"] = variant
    new = path.with_suffix(".new")
    new.write_text(json.dumps(flags))
    new.replace(path)


def strategy_in_force(client: FlaskClient, clinic_name: str) -> str:
    answer = client.get("/api/success-stories", query_string={"clinic": clinic_name}).json
    assert answer is not None
    strategy: str = answer["strategy"]
    return strategy


def test_flag_file_is_made_from_the_template(settings: Settings, app: Flask) -> None:
    assert settings.flags_file.read_bytes() == TEMPLATE.read_bytes()


def test_flag_file_that_is_there_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "flags.json"
    path.write_text("mine")

    copy_template(path)

    assert path.read_text() == "mine"


def test_change_of_the_file_reaches_the_running_application(
    client: FlaskClient, settings: Settings, clinic_name: str
) -> None:
    before = strategy_in_force(client, clinic_name)

    set_default_variant(settings.flags_file, "core")

    assert before == "naive"
    wait_until(
        lambda: strategy_in_force(client, clinic_name) == "core",
        what="core in force",
        deadline_s=DEADLINE_S,
    )


def test_variant_that_is_no_strategy_changes_nothing_and_is_named(
    client: FlaskClient,
    settings: Settings,
    clinic_name: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    set_default_variant(settings.flags_file, "core")
    wait_until(
        lambda: strategy_in_force(client, clinic_name) == "core",
        what="core in force",
        deadline_s=DEADLINE_S,
    )
    flags = json.loads(settings.flags_file.read_text())
    flags["flags"]["success-stories-strategy"]["variants"] = {"naive": "magic", "core": "core"}

    settings.flags_file.write_text(json.dumps(flags))

    wait_until(
        lambda: '"magic" is not a strategy' in caplog.text,
        what="the warning",
        deadline_s=DEADLINE_S,
    )
    assert strategy_in_force(client, clinic_name) == "core"


def test_unreadable_flag_file_stops_the_start(settings: Settings) -> None:
    settings.flags_file.parent.mkdir()
    settings.flags_file.write_text("{not json")

    with pytest.raises(SettingsError, match="line 1 column 2: Expecting property name"):
        create_app(settings)


def test_two_applications_do_not_share_their_flags(
    settings: Settings, client: FlaskClient, clinic_name: str, tmp_path: Path
) -> None:
    other_file = tmp_path / "other.json"
    copy_template(other_file)
    set_default_variant(other_file, "core")
    other = create_app(
        Settings(database_url=settings.database_url, flags_file=other_file),
    )

    strategies = [strategy_in_force(c, clinic_name) for c in (client, other.test_client())]

    close_app(other)
    assert strategies == ["naive", "core"]
