"""Give several commands the same options: which stack is meant, and where a run records."""

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from incident.stack.places import EMBEDDED, TARGETS, Stack

Command = Callable[..., Any]

PORT = click.IntRange(1, 65535)
# The option, the field of Stack, and what --help says; in the order of --help.
_PORTS = (
    ("--clinic-port", "clinic", "Port of the clinic."),
    ("--ui-port", "trace_ui", "Port of the traces' pages and query API."),
    ("--otlp-port", "otlp", "Port that receives telemetry, OTLP over HTTP."),
    ("--prometheus-port", "prometheus", "Port of the compose stack's Prometheus."),
    ("--locust-port", "locust_ui", "Port of the compose stack's Locust."),
    ("--grafana-port", "grafana", "Port of the compose stack's Grafana."),
    ("--control-port", "control", "Port of the control page."),
)


def with_stack(command: Command) -> Command:
    """Let a command be told which stack is meant and where its parts listen, as `stack`."""
    default = Stack()

    @functools.wraps(command)
    def run(target: str, **values: Any) -> Any:
        ports = {
            field: replace(getattr(default, field), number=values.pop(field))
            for _, field, _ in _PORTS
        }
        return command(stack=Stack(target=target, **ports), **values)

    told: Command = click.option(
        "--target",
        default=EMBEDDED,
        show_default=True,
        type=click.Choice(TARGETS),
        help="The parts that run on this machine without containers, or the compose stack.",
    )(run)
    for option, field, help_text in reversed(_PORTS):
        told = port_option(option, field, help_text)(told)
    return told


def port_option(option: str, field: str, help_text: str) -> Callable[[Command], Command]:
    """Return an option for the port of one part, with its default and its variable."""
    port = getattr(Stack(), field)
    return click.option(
        option,
        field,
        default=port.number,
        show_default=True,
        type=PORT,
        envvar=port.variable,
        show_envvar=True,
        help=help_text,
    )


with_var = click.option(
    "--var",
    default="var",
    show_default=True,
    callback=lambda _context, _option, var: var.absolute(),
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for what the run records.",
)
