"""Options that several commands of `incident` have: where the stack's parts listen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, TypeVar, cast

import click

from harness.ports import Port
from incident.stack.settings import EMBEDDED, TARGETS

Command = TypeVar("Command", bound=Callable[..., Any])

PORT = click.IntRange(1, 65535)


@dataclass(frozen=True, slots=True)
class _PortOption:
    option: str
    field: str
    number: int
    wanted_by: str
    variable: str
    help: str

    @property
    def name(self) -> str:
        return self.option.removeprefix("--").replace("-", "_")


# In the order of `--help`; `field` is the one of Settings.
_PORTS = (
    _PortOption(
        "--clinic-port", "clinic", 8000, "the clinic", "CLINIC_PORT", "Port of the clinic."
    ),
    _PortOption(
        "--ui-port",
        "trace_ui",
        16686,
        "the trace UI",
        "TRACE_UI_PORT",
        "Port of the traces' pages and query API.",
    ),
    _PortOption(
        "--otlp-port",
        "otlp",
        4318,
        "the OTLP receiver",
        "OTLP_HTTP_PORT",
        "Port that receives telemetry, OTLP over HTTP.",
    ),
    _PortOption(
        "--prometheus-port",
        "prometheus",
        9090,
        "Prometheus",
        "PROMETHEUS_PORT",
        "Port of the compose stack's Prometheus.",
    ),
    _PortOption(
        "--locust-port",
        "locust_ui",
        8089,
        "Locust's web UI",
        "LOCUST_PORT",
        "Port of the compose stack's Locust.",
    ),
    _PortOption(
        "--grafana-port",
        "grafana",
        3000,
        "Grafana",
        "GRAFANA_PORT",
        "Port of the compose stack's Grafana.",
    ),
)


def with_ports(command: Command) -> Command:
    """Give a command an option for each port; their values arrive by the options' names."""
    for one in reversed(_PORTS):
        command = click.option(
            one.option,
            default=one.number,
            show_default=True,
            type=PORT,
            envvar=one.variable,
            show_envvar=True,
            help=one.help,
        )(command)
    return command


class Ports(TypedDict):
    """The ports, by the names of Settings' fields."""

    clinic: Port
    trace_ui: Port
    otlp: Port
    prometheus: Port
    locust_ui: Port
    grafana: Port


def ports_of(values: Mapping[str, int]) -> Ports:
    """Return the ports that the options of with_ports() name."""
    found = {one.field: Port(values[one.name], one.wanted_by, one.variable) for one in _PORTS}
    return cast(Ports, found)


def with_target(command: Command) -> Command:
    """Let a command be told which stack is meant."""
    return click.option(
        "--target",
        default=EMBEDDED,
        show_default=True,
        type=click.Choice(TARGETS),
        help="The parts that run on this machine without containers, or the compose stack.",
    )(command)


def with_var(command: Command) -> Command:
    """Let a command be told where runs record."""
    return click.option(
        "--var",
        default="var",
        show_default=True,
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder for what the run records.",
    )(command)
