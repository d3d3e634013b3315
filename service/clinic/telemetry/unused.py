"""Name the standard variables that are set and have no effect here, and say why.

Every OTEL_* variable that is neither checked (variables.py) nor named below is one that the clinic
does not know: misspelt, or of another language.
"""

import re
from collections.abc import Iterator, Mapping

from clinic.telemetry.environment import shown
from clinic.telemetry.variables import CHECKS, GRPC

ON_STDOUT = "logs are JSON lines on stdout, with trace and span id; collect them there"
BY_EXPORTER = "the exporter has a deadline of its own: set OTEL_EXPORTER_OTLP_TIMEOUT (seconds)"
BY_AGENT = "only the command opentelemetry-instrument reads it, which the clinic runs without"
OWN_PROVIDERS = "the clinic makes its own providers and sets none globally"
UNKNOWN = "the clinic does not know it; docs/environment.md lists what it knows"

# The first expression that matches the whole name gives the reason.
REASONS = {
    r"OTEL_LOGS_EXPORTER|.*_LOGS_.*|OTEL_BLRP_.*|OTEL_LOGRECORD_.*": ON_STDOUT,
    r"OTEL_BSP_EXPORT_TIMEOUT|OTEL_METRIC_EXPORT_TIMEOUT": BY_EXPORTER,
    r"OTEL_(EXPERIMENTAL_)?CONFIG_FILE": "configuration comes from variables and not from a file",
    r"OTEL_EXPORTER_(ZIPKIN|JAEGER)_.*": "the clinic does not have it; Jaeger and Zipkin's"
    " successors take OTLP: set OTEL_EXPORTER_OTLP_ENDPOINT",
    r"OTEL_EXPORTER_PROMETHEUS_.*": "it belongs to OTEL_METRICS_EXPORTER=prometheus",
    r"OTEL_EXPORTER_OTLP_.*INSECURE|.*_OTLP_GRPC_.*": "it belongs to OTLP/gRPC;"
    " with OTLP/HTTP the endpoint says http:// or https://",
    r"OTEL_TRACES_SAMPLER_ARG": "it belongs to OTEL_TRACES_SAMPLER=traceidratio or"
    " parentbased_traceidratio",
    r"OTEL_PYTHON_(TRACER|METER)_PROVIDER": OWN_PROVIDERS,
    r"OTEL_PYTHON_LOGGER_(PROVIDER|CONFIGURATOR)": ON_STDOUT,
    r"OTEL_PYTHON_(TRACER|METER)_CONFIGURATOR": BY_AGENT,
    r"OTEL_PYTHON_(DISTRO|CONFIGURATOR|DISABLED_INSTRUMENTATIONS|LOG_.*|LOGGING_.*)": BY_AGENT,
    r"OTEL_PYTHON_AUTO_INSTRUMENTATION_.*": BY_AGENT,
    r"OTEL_(INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT|PYTHON_(REQUESTS|URLLIB3?))_.*": "the"
    " clinic traces the requests that it serves, and sends none",
}


def unused(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each variable of a prepared environment that has no effect."""
    for name in sorted(environ):
        if not name.startswith("OTEL_") or _has_effect(name, environ):
            continue
        reason = next((why for what, why in REASONS.items() if re.fullmatch(what, name)), UNKNOWN)
        yield f"{name}={shown(name, environ[name])} has no effect: {reason}"


def _has_effect(name: str, environ: Mapping[str, str]) -> bool:
    if name == "OTEL_LOGS_EXPORTER":
        return environ[name] == "none"
    if name == "OTEL_TRACES_SAMPLER_ARG":
        return environ.get("OTEL_TRACES_SAMPLER", "").endswith("traceidratio")
    if name.startswith("OTEL_EXPORTER_PROMETHEUS_"):
        return "prometheus" in environ.get("OTEL_METRICS_EXPORTER", "")
    if re.fullmatch(r"OTEL_EXPORTER_OTLP_.*INSECURE|.*_OTLP_GRPC_.*", name) and "LOGS" not in name:
        return any(GRPC in environ[key] for key in environ if key in _PROTOCOLS)
    return name in CHECKS


_PROTOCOLS = {name for name in CHECKS if name.endswith("_PROTOCOL")}
