"""Write logs as JSON lines with trace and span id, and as readable lines in a terminal.

The dictionary is handed to gunicorn (gunicorn_conf.py), whose own lines then look the same.
"""

import logging
import time
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import format_span_id, format_trace_id

EXPORT_WARNING_INTERVAL_S = 60.0
JSON_FIELDS = "{asctime}{levelname}{name}{message}{trace_id}{span_id}"
TERMINAL_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


class TraceContextFilter(logging.Filter):
    """Put the ids of the current span on each record; empty outside a span."""

    def filter(self, record: logging.LogRecord) -> bool:
        context = trace.get_current_span().get_span_context()
        record.trace_id = format_trace_id(context.trace_id) if context.is_valid else ""
        record.span_id = format_span_id(context.span_id) if context.is_valid else ""
        return True


class OnceAMinuteFilter(logging.Filter):
    """Let OpenTelemetry complain once a minute.

    Without a backend the exporter writes several lines a second. What is lost is
    counted (otel.sdk.exporter.span.exported with error.type), so one complaint a minute is enough.
    """

    def __init__(self, interval_s: float = EXPORT_WARNING_INTERVAL_S) -> None:
        super().__init__()
        self._interval_s = interval_s
        self._next = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING or not record.name.startswith("opentelemetry."):
            return True
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self._interval_s
        return True


def logging_config(*, as_json: bool) -> dict[str, Any]:
    """Return a dictionary for logging.config.dictConfig that writes to stdout."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "trace_context": {"()": TraceContextFilter},
            "once_a_minute": {"()": OnceAMinuteFilter},
        },
        "formatters": {
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "fmt": JSON_FIELDS,
                "style": "{",
                "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
            },
            "terminal": {"format": TERMINAL_FORMAT, "datefmt": "%H:%M:%S"},
        },
        "handlers": {
            "stdout": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": "json" if as_json else "terminal",
                "filters": ["trace_context", "once_a_minute"],
            }
        },
        "root": {"level": "INFO", "handlers": ["stdout"]},
        "loggers": {
            "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
            "gunicorn.access": {"level": "WARNING", "handlers": [], "propagate": True},
        },
    }
