from incident.stack import commands as stack


def test_settings_for_other_runs_do_not_reach_the_replay() -> None:
    environ = {
        "OTEL_SDK_DISABLED": "true",
        "CLINIC_BIND": "0.0.0.0:80",
        "LOCUST_USERS": "9",
        "GUNICORN_CMD_ARGS": "--workers 9",
        "DATABASE_URL": "postgresql://elsewhere/",
    }

    assert not environ.keys() & stack.clean(environ).keys()


def test_everything_else_does() -> None:
    environ = {"PATH": "/bin", "WEB_CONCURRENCY": "2", "CLINIC_THREADS": "4"}

    assert environ.items() <= stack.clean(environ).items()
