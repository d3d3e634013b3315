"""Serve the clinic: check the environment before gunicorn reads it.

gunicorn reads WEB_CONCURRENCY itself, while it is imported, and answers a word with a traceback:
`clinic serve` checks first, and becomes gunicorn then.
"""

import os
import sys
from pathlib import Path
from typing import NoReturn

from clinic.errors import SettingsError
from clinic.settings import ServerSettings, Settings
from clinic.telemetry import environment as otel_env

# A module and not a file: it is there wherever the package is installed.
CONFIG = "python:clinic.gunicorn_conf"


def serve(config: Path | None = None) -> NoReturn:
    """Become gunicorn, in this same process; raise SettingsError for what gunicorn would fail on.

    config: a file of gunicorn's settings that takes the place of the clinic's own.
    """
    server = ServerSettings.from_env()
    Settings.from_env()
    otel_env.prepare(os.environ)
    if config is not None and not config.is_file():
        raise SettingsError(
            f"--config={config} is not a file: name one, or leave --config out for the clinic's own"
        )
    # Also where it is set to nothing, which gunicorn takes for a number.
    os.environ["WEB_CONCURRENCY"] = str(server.workers)
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", f"--config={config or CONFIG}"])
