"""Give several commands the same options: which stack is meant, and where a run records."""

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from click.core import ParameterSource

from harness.ports import Port, unused_ports
from incident.errors import IncidentError
from incident.stack.places import COMPOSE, EMBEDDED, LOCAL, TARGETS, Site, Stack

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


class Target(click.ParamType[str]):
    """Take the name of a stack, or the address of a clinic where `addresses` says so."""

    name = "target"

    def __init__(self, *, addresses: bool) -> None:
        self._addresses = addresses

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return "|".join([*TARGETS, *(["URL"] if self._addresses else [])])

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value in TARGETS:
            return value
        if value == EMBEDDED:
            return LOCAL
        if self._addresses and "://" in value:
            return web_address(value, "--target")
        wanted = f"{LOCAL} or {COMPOSE}"
        if self._addresses:
            wanted = f"{LOCAL}, {COMPOSE}, or an address such as {Stack().clinic.address}"
        self.fail(f"{value!r} is not a target: use {wanted}.", param, ctx)


def web_address(text: str, option: str) -> str:
    """Return an address without a path; raise IncidentError if it is not one."""
    try:
        parts = urlsplit(text)
        fine = bool(parts.scheme in ("http", "https") and parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine or parts.path not in ("", "/") or parts.query or "@" in parts.netloc:
        raise IncidentError(
            f"{option}={text!r} is not the address of a service: use one such as "
            f"{Stack().clinic.address}."
        )
    return f"{parts.scheme}://{parts.netloc}"


def at(port: Port, url: str, option: str) -> Site:
    """Return a part that answers at an address."""
    return Site(port.number, port.wanted_by, option, url)


def with_stack(command: Command, *, addresses: bool = False) -> Command:
    """Let a command be told which stack is meant and where its parts listen, as `stack`.

    addresses: a clinic's address is a target as well.
    """
    default = Stack()

    @functools.wraps(command)
    def run(target: str, **values: Any) -> Any:
        ports = {
            field: replace(getattr(default, field), number=values.pop(field))
            for _, field, _ in _PORTS
        }
        if "://" in target:
            ports["clinic"] = at(ports["clinic"], target, "--target")
        return command(stack=Stack(target=target, **ports), **values)

    told: Command = click.option(
        "--target",
        default=LOCAL,
        show_default=True,
        type=Target(addresses=addresses),
        help="The parts that run on this machine without containers, or the compose stack"
        + (", or a clinic that answers already at an address." if addresses else "."),
    )(run)
    for option, field, help_text in reversed(_PORTS):
        told = port_option(option, field, help_text)(told)
    return told


def with_stack_or_address(command: Command) -> Command:
    """Do as with_stack, and take the address of a clinic for a target as well."""
    return with_stack(command, addresses=True)


def on_free_ports(stack: Stack) -> Stack:
    """Return the stack with free ports for what a run starts, but for those that were typed.

    A variable may have been set for another run, whose parts this one is to leave alone.
    """
    source = click.get_current_context().get_parameter_source
    fields = [
        field
        for _, field, _ in _PORTS
        if getattr(stack, field) in stack.ports and source(field) != ParameterSource.COMMANDLINE
    ]
    free = zip(fields, unused_ports(len(fields)), strict=True)
    return replace(
        stack, **{field: replace(getattr(stack, field), number=number) for field, number in free}
    )


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
