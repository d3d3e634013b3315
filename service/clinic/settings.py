"""Read DATABASE_URL, CLINIC_* and WEB_CONCURRENCY from the environment.

telemetry/environment.py checks OpenTelemetry's own variables (OTEL_*); its SDK reads them.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from clinic.errors import SettingsError

DEFAULT_DATABASE_URL = "sqlite:///var/clinic.db"
DEFAULT_FLAGS_FILE = Path("var/flags/flags.json")
DEFAULT_TRACE_URL = "http://127.0.0.1:16686"
DEFAULT_BIND = "127.0.0.1:8000"
MOST_WORKERS = 1_000
MOST_THREADS = 1_000
LAST_PORT = 65_535
MOST_LATENCY_MS = 1_000
TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Hold what one clinic process needs to know; paths are relative to the working directory."""

    database_url: str = DEFAULT_DATABASE_URL
    flags_file: Path = DEFAULT_FLAGS_FILE
    trace_url: str = DEFAULT_TRACE_URL
    allow_strategy_override: bool = False
    db_latency_ms: float = 0.0
    fold_spans: bool = False

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read the environment; raise SettingsError that names the variable and the value."""
        return cls(
            database_url=_database_url(environ.get("DATABASE_URL") or DEFAULT_DATABASE_URL),
            flags_file=Path(environ.get("CLINIC_FLAGS_FILE") or DEFAULT_FLAGS_FILE),
            trace_url=(environ.get("CLINIC_TRACE_URL") or DEFAULT_TRACE_URL).rstrip("/"),
            allow_strategy_override=_boolean(environ, "CLINIC_ALLOW_STRATEGY_OVERRIDE"),
            db_latency_ms=_latency_ms(environ),
            fold_spans=_boolean(environ, "CLINIC_FOLD_SPANS"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Say where to listen, and with how many processes of how many threads each."""

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


def _database_url(text: str) -> str:
    try:
        make_url(text)
    except ArgumentError as error:
        raise SettingsError(
            f"DATABASE_URL={text!r} is not a database URL; "
            "use sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"
        ) from error
    return text


def _boolean(environ: Mapping[str, str], name: str) -> bool:
    word = environ.get(name, "").strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise SettingsError(f"{name}={word!r} is neither true nor false; use 1 or 0")


def _number(environ: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= most:
        raise SettingsError(f"{name}={text!r} is not a number from 1 to {most}; use {default}")
    return int(text)


def _latency_ms(environ: Mapping[str, str]) -> float:
    text = environ.get("CLINIC_DB_LATENCY_MS", "").strip() or "0"
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", text) or float(text) > MOST_LATENCY_MS:
        raise SettingsError(
            f"CLINIC_DB_LATENCY_MS={text!r} is not a number of milliseconds from 0 to "
            f"{MOST_LATENCY_MS}; use 2, or leave it out"
        )
    return float(text)


def _address(environ: Mapping[str, str]) -> str:
    text = environ.get("CLINIC_BIND", "").strip() or DEFAULT_BIND
    if re.fullmatch(r"unix:.+", text):
        return text
    found = re.fullmatch(r"(?:[^\s:\[\]]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})", text)
    if found is None or not 1 <= int(found[1]) <= LAST_PORT:
        raise SettingsError(
            f"CLINIC_BIND={text!r} is not an address; use HOST:PORT, as in {DEFAULT_BIND}, "
            "or unix:PATH"
        )
    return text
