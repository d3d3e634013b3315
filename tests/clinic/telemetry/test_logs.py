"""Log lines are JSON with the ids of the trace, or readable."""

import json
import logging
import logging.config

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import format_span_id, format_trace_id, use_span

from clinic.telemetry.logs import logging_config


def log_through(config: dict[str, object]) -> None:
    """Log one line through a logger of its own, so that the runner's handlers stay as they are."""
    logger = logging.getLogger("clinic.test_logs")
    logger.propagate = False
    configuration = dict(config)
    configuration["loggers"] = {"clinic.test_logs": configuration.pop("root")}
    logging.config.dictConfig(configuration)
    logger.info("a cat named %s", "Tom")
    logger.handlers.clear()


def test_line_is_json_with_the_ids_of_the_current_span(
    capsys: pytest.CaptureFixture[str],
) -> None:
    span = TracerProvider(shutdown_on_exit=False).get_tracer("test").start_span("request")

    with use_span(span):
        log_through(logging_config(as_json=True))

    line = json.loads(capsys.readouterr().out)
    assert line["message"] == "a cat named Tom"
    assert line["level"] == "INFO"
    assert line["trace_id"] == format_trace_id(span.get_span_context().trace_id)
    assert line["span_id"] == format_span_id(span.get_span_context().span_id)


def test_line_outside_a_request_has_empty_ids(capsys: pytest.CaptureFixture[str]) -> None:
    log_through(logging_config(as_json=True))

    line = json.loads(capsys.readouterr().out)
    assert (line["trace_id"], line["span_id"]) == ("", "")


def test_terminal_gets_readable_lines(capsys: pytest.CaptureFixture[str]) -> None:
    log_through(logging_config(as_json=False))

    assert capsys.readouterr().out.endswith("INFO    clinic.test_logs: a cat named Tom\n")
