"""How the clinic is served: what gunicorn is told by the environment, checked before it is.

gunicorn reads WEB_CONCURRENCY itself, while it is imported, and answers a word with a traceback:
`clinic serve` checks first, and becomes gunicorn then.
"""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from clinic import otel_env
from clinic.errors import SettingsError
from clinic.settings import Settings

DEFAULT_BIND = "127.0.0.1:8000"
DEFAULT_CONFIG = Path("service/gunicorn.conf.py")
MOST_WORKERS = 1_000
MOST_THREADS = 1_000
LAST_PORT = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Where to listen, and with how many processes of how many threads each."""

    bind: str = DEFAULT_BIND
    workers: int = 1
    threads: int = 8

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "ServerSettings":
        """Read the environment; raise SettingsError that names the variable and the value."""
        return cls(
            bind=_address(environ),
            workers=_number(environ, "WEB_CONCURRENCY", cls().workers, MOST_WORKERS),
            threads=_number(environ, "CLINIC_THREADS", cls().threads, MOST_THREADS),
        )


def serve(config: Path) -> NoReturn:
    """Become gunicorn, in this same process; raise SettingsError for what it would stumble over."""
    server = ServerSettings.from_env()
    Settings.from_env()
    otel_env.prepare(os.environ)
    if not config.is_file():
        raise SettingsError(f"There is no {config}: start in the project, or name it by --config.")
    # Also where it is set to nothing, which gunicorn takes for a number.
    os.environ["WEB_CONCURRENCY"] = str(server.workers)
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", f"--config={config}"])


def _number(environ: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= most:
        raise SettingsError(f"{name}={text!r} is no number from 1 to {most}; use {default}")
    return int(text)


def _address(environ: Mapping[str, str]) -> str:
    text = environ.get("CLINIC_BIND", "").strip() or DEFAULT_BIND
    if re.fullmatch(r"unix:.+", text):
        return text
    found = re.fullmatch(r"(?:[^\s:\[\]]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})", text)
    if found is None or not 1 <= int(found[1]) <= LAST_PORT:
        raise SettingsError(
            f"CLINIC_BIND={text!r} is no address; use HOST:PORT, as in {DEFAULT_BIND}, or unix:PATH"
        )
    return text
