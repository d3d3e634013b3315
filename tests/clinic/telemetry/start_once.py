"""Start the clinic as the environment says, ask it a few things, and end; its last line is JSON.

A program of its own: the standard variables are read while modules are imported.
"""

import json
import logging
import os
import sys
import time

from clinic.telemetry import environment as otel_env

otel_env.prepare(os.environ)

from opentelemetry.trace import Link, Span, SpanContext, TraceFlags  # noqa: E402

from clinic.app import create_app  # noqa: E402
from clinic.settings import Settings  # noqa: E402
from clinic.telemetry import providers as telemetry  # noqa: E402
from clinic.telemetry.providers import Telemetry  # noqa: E402

TEN = range(10)
MANY = {f"attribute.{number}": "x" * 100 for number in TEN}
PARENT = f"00-{'ab' * 16}-{'cd' * 8}"
REQUESTS = {
    "home": ("GET", "/", {"X-Cat": "Tom", "X-Secret": "fish"}),
    "child": ("GET", "/", {"traceparent": f"{PARENT}-01"}),
    "unsampled": ("GET", "/", {"traceparent": f"{PARENT}-00"}),
    "veterinarians": ("GET", f"/veterinarians?clinic={os.environ['CLINIC_NAME']}", {}),
    "purr": ("PURR", "/", {}),
}


def main() -> None:
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
    providers = telemetry.from_env()
    client = create_app(Settings.from_env(), providers).test_client()
    answers = {}
    for name, (method, path, headers) in REQUESTS.items():
        answer = client.open(path, method=method, headers=headers)
        answers[name] = {
            "traceresponse": answer.headers.get("traceresponse"),
            "is_linked": "/trace/" in answer.text,
        }
    if providers is not None:
        make_spans(providers)
    print(json.dumps(answers), flush=True)


def make_spans(providers: Telemetry) -> None:
    """Make a span that has ten of everything, then as many as BURST says, and one after a pause."""
    tracer = providers.tracer_provider.get_tracer(__name__)
    target = SpanContext(1, 1, is_remote=True, trace_flags=TraceFlags(1))
    with tracer.start_as_current_span(
        "large", attributes=MANY, links=[Link(target, MANY) for _ in TEN]
    ) as span:
        add_events(span)
    for _ in range(int(os.environ.get("BURST", "0"))):
        tracer.start_span("burst").end()
    time.sleep(float(os.environ.get("PAUSE_S", "0")))
    tracer.start_span("last").end()


def add_events(span: Span) -> None:
    for number in TEN:
        span.add_event(f"event {number}", MANY)
