"""Run `tracestore serve`."""

import contextlib
import ipaddress
import logging
from pathlib import Path

import click

from tracestore.app import create_app
from tracestore.errors import GrpcMissingError, TracestoreError
from tracestore.server import listen, serve
from tracestore.store.database import DEFAULT_MAX_SPANS, Store

BAD_USAGE = 2


@click.group()
def main() -> None:
    """Keep and show traces on one machine: OTLP in, Jaeger's query API and pages out."""


@main.command(name="serve")
@click.option(
    "--database",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("var/tracestore/traces.db"),
    show_default=True,
    help="SQLite file; created if it does not exist.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--ui-port",
    type=click.IntRange(1, 65535),
    default=16686,
    show_default=True,
    help="Port of the pages and the query API.",
)
@click.option(
    "--otlp-port",
    type=click.IntRange(1, 65535),
    default=4318,
    show_default=True,
    help="Port of OTLP/HTTP.",
)
@click.option(
    "--grpc-port",
    type=click.IntRange(1, 65535),
    help="Port of OTLP/gRPC, usually 4317; off by default. Needs requirements/grpc.txt.",
)
@click.option(
    "--max-spans",
    type=click.IntRange(min=1),
    default=DEFAULT_MAX_SPANS,
    show_default=True,
    help="Delete the oldest traces past this many spans; a million take about 0.6 GB.",
)
@click.option(
    "--judge/--no-judge",
    default=True,
    show_default=True,
    help="Say on the pages what is wrong with a trace; an exercise leaves that to the reader.",
)
def serve_command(
    database: Path,
    host: str,
    ui_port: int,
    otlp_port: int,
    grpc_port: int | None,
    max_spans: int,
    judge: bool,
) -> None:
    """Receive and show traces until SIGTERM or Ctrl-C.

    Example: tracestore serve --database var/traces.db --ui-port 16700
    """
    logging.basicConfig(level=logging.WARNING, format="tracestore: %(levelname)s %(message)s")
    # It warns of every request that waits for a thread, which is normal here.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    with contextlib.ExitStack() as stack:
        try:
            ui = stack.enter_context(
                listen(host, ui_port, part="tracestore's UI", option="--ui-port")
            )
            otlp = stack.enter_context(
                listen(host, otlp_port, part="tracestore's OTLP receiver", option="--otlp-port")
            )
            store = stack.enter_context(Store(database, max_spans=max_spans))
            if grpc_port is not None:
                stack.enter_context(_serve_grpc(store, host, grpc_port))
        except TracestoreError as error:
            click.echo(f"tracestore: {error}", err=True)
            raise SystemExit(BAD_USAGE) from error
        _say_ready(host, ui_port, otlp_port, grpc_port)
        serve(create_app(store, judges=judge), [ui, otlp])


def _serve_grpc(store: Store, host: str, port: int) -> contextlib.AbstractContextManager[None]:
    """Serve OTLP/gRPC as well; raise GrpcMissingError if grpcio is not installed."""
    try:
        from tracestore.intake.grpc import serve_grpc
    except ImportError as error:
        raise GrpcMissingError(
            "--grpc-port needs grpcio, which is not installed: pip install -r"
            " requirements/grpc.txt, or send OTLP/HTTP"
        ) from error
    return serve_grpc(store, host, port)


def _say_ready(host: str, ui_port: int, otlp_port: int, grpc_port: int | None) -> None:
    if not _is_loopback(host):
        click.echo(
            f"tracestore: warning: other machines can reach {host}, and there is no authentication:"
            " everybody who reaches it can read and write traces",
            err=True,
        )
    shown = f"[{host}]" if ":" in host else host
    grpc = f", OTLP/gRPC on {shown}:{grpc_port}" if grpc_port else ""
    click.echo(
        f"tracestore: traces on http://{shown}:{ui_port},"
        f" OTLP/HTTP on http://{shown}:{otlp_port}{grpc}",
        err=True,
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
