from pathlib import Path

from incident.stack import commands as stack
from incident.stack.places import Folder, Stack


def test_settings_for_other_runs_do_not_reach_the_replay() -> None:
    environ = {
        "OTEL_SDK_DISABLED": "true",
        "CLINIC_BIND": "0.0.0.0:80",
        "LOCUST_USERS": "9",
        "GUNICORN_CMD_ARGS": "--workers 9",
        "DATABASE_URL": "postgresql://elsewhere/",
    }

    assert not environ.keys() & stack.clean(environ).keys()


def test_a_clinic_waits_for_its_database_as_long_as_the_stack_says(tmp_path: Path) -> None:
    parts = stack.Parts(1, 2)
    folder = Folder(tmp_path, "replay")

    command = stack.service(Stack(db_latency_ms=2.5), folder, {}, parts, dataset="demo")

    assert command.env["CLINIC_DB_LATENCY_MS"] == "2.5"


def test_everything_else_does() -> None:
    environ = {"PATH": "/bin", "WEB_CONCURRENCY": "2", "CLINIC_THREADS": "4"}

    assert environ.items() <= stack.clean(environ).items()
