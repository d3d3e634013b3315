"""Start the clinic with sets of OpenTelemetry's variables, and keep what came of each start."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import certifi

from harness.project import PROJECT
from tests.clinic.receiver import Certificate, Post, receiving

FORK_SERVER = str(PROJECT / "tests/clinic/telemetry/fork_server.py")
START_ONCE = "tests.clinic.telemetry.start_once:main"
# A package that somebody has installed, with parts that the standard variables can name.
OWN_PARTS = """
import requests
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

class Ids(RandomIdGenerator):
    def generate_trace_id(self):
        return super().generate_trace_id() >> 16 | 0xFEED << 112

def session():
    made = requests.Session()
    made.headers["X-Credential"] = "own"
    return made
"""
# Apart: it is read while opentelemetry.context is imported.
OWN_CONTEXT = """
from opentelemetry.context.contextvars_context import ContextVarsRuntimeContext

class Context(ContextVarsRuntimeContext):
    def __init__(self):
        super().__init__()
        print("own context", flush=True)
"""
OWN_ENTRY_POINTS = """
[opentelemetry_id_generator]
own = own_parts:Ids
[opentelemetry_context]
own = own_context:Context
[opentelemetry_otlp_credential_provider]
own = own_parts:session
"""
PER_SIGNAL = {
    f"OTEL_EXPORTER_OTLP_{signal}_{what}": value
    for signal in ("TRACES", "METRICS")
    for what, value in {
        "ENDPOINT": "{address}/own/" + signal.lower(),
        "HEADERS": f"x-of={signal.lower()}",
        "COMPRESSION": "gzip" if signal == "TRACES" else "deflate",
        "PROTOCOL": "http/protobuf",
        "CERTIFICATE": "{certificate}",
        "CLIENT_KEY": "{key}",
        "CLIENT_CERTIFICATE": "{certificate}",
    }.items()
} | {
    f"OTEL_PYTHON_EXPORTER_OTLP_HTTP_{signal}_CREDENTIAL_PROVIDER": "own"
    for signal in ("TRACES", "METRICS")
}
ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "{address}"}
# Each is a start. What is general loses to what is of a signal.
STARTS: dict[str, dict[str, str]] = {
    "default": ENDPOINT,
    "signals": {
        **PER_SIGNAL,
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://192.0.2.1:1",
        "OTEL_EXPORTER_OTLP_HEADERS": "x-of=both",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
        "OTEL_SERVICE_NAME": "own-name",
        "OTEL_RESOURCE_ATTRIBUTES": "service.name=by-attribute,service.instance.id=one,team=cats",
        "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "process",
        "OTEL_SEMCONV_STABILITY_OPT_IN": "http/dup,database/dup",
        "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST": "X-Cat,X-Secret",
        "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE": "Content-Type",
        "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS": ".*secret",
        "OTEL_PYTHON_INSTRUMENTATION_HTTP_CAPTURE_ALL_METHODS": "true",
        "OTEL_PYTHON_FLASK_EXCLUDED_URLS": "veterinarians",
        "OTEL_PYTHON_EXCLUDED_URLS": ".*",
        "OTEL_PYTHON_SYSTEM_METRICS_EXCLUDED_METRICS": "process.memory.*",
        "OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED": "false",
        "OTEL_PYTHON_ID_GENERATOR": "own",
        "OTEL_PYTHON_CONTEXT": "own",
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta",
        "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": (
            "base2_exponential_bucket_histogram"
        ),
        "OTEL_METRICS_EXEMPLAR_FILTER": "always_off",
        "OTEL_TRACES_SAMPLER": "always_on",
    },
    "general": {
        **ENDPOINT,
        "OTEL_EXPORTER_OTLP_HEADERS": "x-of=both",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        "OTEL_EXPORTER_OTLP_CERTIFICATE": "{certificate}",
        "OTEL_EXPORTER_OTLP_CLIENT_KEY": "{key}",
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": "{certificate}",
        "OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER": "own",
        "OTEL_RESOURCE_ATTRIBUTES": "service.name=by-attribute",
        "OTEL_PYTHON_EXCLUDED_URLS": "veterinarians",
        "OTEL_PROPAGATORS": "none",
        "OTEL_BSP_SCHEDULE_DELAY": "60000",
        "OTEL_METRIC_EXPORT_INTERVAL": "200",
        # The defaults are a second and five.
        "PAUSE_S": "1.5",
        # The one that requests lets win over a session's own.
        "REQUESTS_CA_BUNDLE": certifi.where(),
    },
    "slow": {
        **ENDPOINT,
        "OTEL_EXPORTER_OTLP_TIMEOUT": "0.3",
        "OTEL_LOG_LEVEL": "critical",
    },
    "slow signals": {
        **ENDPOINT,
        "OTEL_EXPORTER_OTLP_TIMEOUT": "60",
        "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "0.3",
        "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT": "0.3",
    },
    "share of none": {
        **ENDPOINT,
        "OTEL_TRACES_SAMPLER": "traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": "0",
    },
    "never": {**ENDPOINT, "OTEL_TRACES_SAMPLER": "always_off"},
    "old names": {**ENDPOINT, "OTEL_SEMCONV_STABILITY_OPT_IN": "code"},
    "console": {"OTEL_TRACES_EXPORTER": "console", "OTEL_METRICS_EXPORTER": "console"},
    "both": {**ENDPOINT, "OTEL_TRACES_EXPORTER": "otlp,console"},
    "none": {**ENDPOINT, "OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"},
    "limits": {
        **ENDPOINT,
        "OTEL_ATTRIBUTE_COUNT_LIMIT": "9",
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "0",
        "OTEL_SPAN_EVENT_COUNT_LIMIT": "4",
        "OTEL_SPAN_LINK_COUNT_LIMIT": "5",
        "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT": "6",
        "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT": "7",
    },
    "general limits": {
        **ENDPOINT,
        "OTEL_ATTRIBUTE_COUNT_LIMIT": "3",
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "20",
        "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": "30",
    },
    "queue": {
        **ENDPOINT,
        "OTEL_BSP_MAX_QUEUE_SIZE": "4",
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "2",
        "BURST": "500",
    },
    "disabled": {**ENDPOINT, "OTEL_SDK_DISABLED": "TRUE"},
    "proxy": {
        **ENDPOINT,
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "NO_PROXY": "example.org",
    },
}
WITH_TLS = frozenset({"signals", "general"})
SLOW_S = 2.0


@dataclass(frozen=True, slots=True)
class Ended:
    """Hold what a program that has ended said."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Seen:
    """Hold what a start answered, said, and sent."""

    answers: Mapping[str, Mapping[str, Any]]
    said: str
    posts: list[Post]

    @cached_property
    def trace_posts(self) -> list[Post]:
        return [post for post in self.posts if post.is_of_traces]

    @cached_property
    def metric_posts(self) -> list[Post]:
        return [post for post in self.posts if not post.is_of_traces]

    @cached_property
    def batches(self) -> list[list[Any]]:
        """Return the spans of each post."""
        return [
            [span for r in post.traces().resource_spans for s in r.scope_spans for span in s.spans]
            for post in self.trace_posts
        ]

    @cached_property
    def spans(self) -> list[Any]:
        return [span for batch in self.batches for span in batch]

    @property
    def large(self) -> Any:
        return next(span for span in self.spans if span.name == "large")

    @property
    def attribute_names(self) -> set[str]:
        return {pair.key for span in self.spans for pair in span.attributes}

    def attribute(self, key: str) -> set[str]:
        """Return the values of an attribute over all spans."""
        pairs = [pair for span in self.spans for pair in span.attributes if pair.key == key]
        lists = [value for pair in pairs for value in pair.value.array_value.values]
        return {value.string_value for value in [*lists, *(pair.value for pair in pairs)]} - {""}

    @cached_property
    def resource(self) -> dict[str, str]:
        found = self.trace_posts[0].traces().resource_spans[0].resource.attributes
        return {pair.key: pair.value.string_value for pair in found}

    @cached_property
    def metrics(self) -> dict[str, Any]:
        return {
            metric.name: metric
            for post in self.metric_posts
            for resource in post.metrics().resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    @property
    def exemplars(self) -> list[Any]:
        return [
            exemplar
            for metric in self.metrics.values()
            for kind in ("histogram", "exponential_histogram", "sum")
            for point in getattr(metric, kind).data_points
            for exemplar in point.exemplars
        ]

    def statements(self) -> int:
        return sum(
            any(pair.key in {"db.query.text", "db.statement"} for pair in span.attributes)
            for span in self.spans
        )


def install_own_parts(folder: Path) -> None:
    """Install a package as pip would: a module, and metadata that name what is in it."""
    metadata = folder / "own_parts-1.0.dist-info"
    metadata.mkdir()
    (folder / "own_parts.py").write_text(OWN_PARTS)
    (folder / "own_context.py").write_text(OWN_CONTEXT)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: own-parts\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(OWN_ENTRY_POINTS)


class Starter:
    """Run programs, two at a time, each as a fork of a process that has the libraries."""

    def __init__(self, environ: Mapping[str, str], folder: Path) -> None:
        self._environ = _without_telemetry(os.environ) | dict(environ)
        self._folder = folder
        self._servers = [self._new_server() for _ in range(2)]
        self._free = SimpleQueue["subprocess.Popen[str]"]()
        for server in self._servers:
            self._free.put(server)

    def run(self, entry: str, *arguments: str, variables: Mapping[str, str]) -> Ended:
        """Run "module:function" with these variables, and none of those of the tests."""
        server = self._free.get()
        try:
            files = [self._folder / f"{server.pid}.{name}" for name in ("stdout", "stderr")]
            code = _asked(
                server,
                entry=entry,
                arguments=arguments,
                environ=self._environ | dict(variables),
                files=[str(file) for file in files],
            )
            return Ended(code, *(file.read_text() for file in files))
        finally:
            self._free.put(server)

    def close(self) -> None:
        """End the processes."""
        for server in self._servers:
            server.communicate()

    def _new_server(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, FORK_SERVER],
            env=self._environ,
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


def _asked(server: "subprocess.Popen[str]", **told: object) -> int:
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(told) + "\n")
    server.stdin.flush()
    return int(server.stdout.readline())


def _without_telemetry(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without what would change the telemetry of a start."""
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith("OTEL_") and not name.lower().endswith(("_proxy", "_ca_bundle"))
    }


def seen_of(name: str, starter: Starter, certificate: Certificate) -> Seen:
    """Start the clinic with the variables of that name, and return what came of it."""
    with ExitStack() as stack:
        receiver = stack.enter_context(
            receiving(
                delay_s=SLOW_S if name.startswith("slow") else 0,
                tls=certificate if name in WITH_TLS else None,
            )
        )
        places = {
            "address": receiver.address,
            "certificate": str(certificate.certificate),
            "key": str(certificate.key),
        }
        variables = {key: value.format(**places) for key, value in STARTS[name].items()}
        ended = starter.run(START_ONCE, variables=variables)
        assert ended.code == 0, ended.stdout + ended.stderr
        answers = next(line for line in ended.stdout.splitlines() if line.startswith('{"home"'))
        return Seen(json.loads(answers), ended.stdout + ended.stderr, receiver.posts)
