"""Begin to watch, in a process of a program that `otel-nplusone run` has started.

opentelemetry-distro calls start() by its entry point, when the SDK is set up and before the
instrumentations are loaded; in any other program it does nothing.
"""

import os
from importlib.util import find_spec
from pathlib import Path

from opentelemetry.trace import NoOpTracer, get_tracer_provider

from otel_nplusone._live.fence import fenced
from otel_nplusone._run.drivers import describe_drivers
from otel_nplusone._run.engines import describe_engines, instrument_newer_sqlalchemy
from otel_nplusone._run.libraries import missing
from otel_nplusone._run.wire import SOCKET_VARIABLE, Hello, Sender

_EXPORTER = "nplusone"


@fenced
def start() -> None:
    """Watch, if the traces go to us: to `otel-nplusone run`, or to the exporter."""
    socket = os.environ.get(SOCKET_VARIABLE)
    if socket:
        _watch(Sender(Path(socket)))
        describe_engines()
    if socket or _EXPORTER in _words("OTEL_TRACES_EXPORTER"):
        if hasattr(get_tracer_provider(), "add_span_processor"):
            describe_drivers(get_tracer_provider())
        instrument_newer_sqlalchemy()


def _watch(sender: Sender) -> None:
    from otel_nplusone._run.watcher import Watcher  # it needs the SDK, which may be missing

    provider = get_tracer_provider()
    problem = ""
    if isinstance(provider.get_tracer(__name__), NoOpTracer):
        problem = "OTEL_SDK_DISABLED"
    elif not hasattr(provider, "add_span_processor"):
        problem = type(provider).__name__
    else:
        provider.add_span_processor(Watcher(sender))
    # Nothing has been imported yet: what may be. What is imported, the watcher tells later.
    sender.send(Hello(os.getpid(), problem, missing(find_spec)))


def _words(variable: str) -> set[str]:
    return {word.strip() for word in os.environ.get(variable, "").split(",")}
