"""Define what the values of OpenTelemetry's variables may be.

A check returns the value as the SDK wants it, nothing where it is to be as if it were not set, or
raises Unusable that says what to use. CHECKS names every variable that has an effect.
"""

import re
from collections.abc import Callable
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from urllib.parse import urlsplit

HTTP, GRPC = "http/protobuf", "grpc"
SIGNALS = ("TRACES", "METRICS")
PREFIXES = tuple(f"{signal}_" for signal in SIGNALS)
# The package that brings what a word asks for.
PACKAGES = {
    "otlp_proto_grpc": "opentelemetry-exporter-otlp-proto-grpc",
    "prometheus": "opentelemetry-exporter-prometheus",
    "b3": "opentelemetry-propagator-b3",
    "b3multi": "opentelemetry-propagator-b3",
    "jaeger": "opentelemetry-propagator-jaeger",
    "xray": "opentelemetry-propagator-aws-xray",
    "ottrace": "opentelemetry-propagator-ot-trace",
}
SAMPLERS = ("always_on", "always_off", "traceidratio")
LARGEST = 2**31 - 1

Check = Callable[[str], str]


class Unusable(Exception):
    """Report that a value cannot be used; the text says what can."""


def is_installed(group: str, name: str) -> bool:
    """Tell whether an installed package has this entry point."""
    return bool(entry_points(group=group, name=name))


def words_in(value: str) -> list[str]:
    """Return the words of a list with commas, in lower case."""
    return [word.strip().lower() for word in value.split(",") if word.strip()]


def _pairs(value: str) -> str:
    if not all(re.fullmatch(r"\s*[^=\s]+\s*=.*", pair) for pair in value.strip(",").split(",")):
        raise Unusable("use NAME=VALUE,NAME=VALUE, with %2C for a comma in a value")
    return value.strip(",")


def _one_of(*words: str) -> Check:
    def check(value: str) -> str:
        if value.lower() not in words:
            raise Unusable(f"use {', '.join(words[:-1])} or {words[-1]}")
        return value.lower()

    return check


def _whole(least: int, value: str) -> str:
    if not re.fullmatch("[0-9]{1,10}", value) or not least <= int(value) <= LARGEST:
        raise Unusable(f"use a whole number from {least}")
    return value


def _seconds(value: str) -> str:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?", value) or float(value) == 0:
        raise Unusable("use a number of seconds, as in 10")
    return value


def _share(value: str) -> str:
    if not re.fullmatch(r"[01](\.[0-9]*)?|\.[0-9]+", value) or float(value) > 1:
        raise Unusable("use a share from 0 to 1, as in 0.25")
    return value


def _address(value: str) -> str:
    try:
        parts = urlsplit(value)
        is_usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise Unusable("use an address as in http://127.0.0.1:4318")
    return value


def _file(value: str) -> str:
    if not Path(value).exists():
        raise Unusable("the file does not exist: name a file in PEM format")
    return value


def _patterns(value: str) -> str:
    try:
        re.compile("|".join(part.strip() for part in value.split(",")))
    except re.error as error:
        raise Unusable(f"use regular expressions, with commas between them ({error})") from error
    return value


def _opt_in(value: str) -> str:
    known = r"(http|database|messaging|rpc|code|k8s)(/dup)?|gen_ai_latest_experimental"
    if not all(re.fullmatch(known, word) for word in words_in(value)):
        raise Unusable("use http, http/dup, database or database/dup, with commas between them")
    return ",".join(words_in(value))


def _installed(group: str, value: str, *, others: tuple[str, ...] = ()) -> str:
    words = list(dict.fromkeys(words_in(value)))
    for word in words:
        if word not in others and not is_installed(group, word):
            package = f": install {PACKAGES[word]}, or" if word in PACKAGES else ";"
            known = sorted({point.name for point in entry_points(group=group)} | set(others))
            raise Unusable(f"{word!r} is not installed{package} use {' or '.join(known) or 'none'}")
    return ",".join(words)


_SWITCH = _one_of("true", "false")
_AMOUNT, _POSITIVE = partial(_whole, 0), partial(_whole, 1)
_CREDENTIALS = partial(_installed, "opentelemetry_otlp_credential_provider")
_OF_AN_EXPORTER: dict[str, Check] = {
    "ENDPOINT": _address,
    "HEADERS": _pairs,
    "TIMEOUT": _seconds,
    "COMPRESSION": _one_of("none", "gzip", "deflate"),
    "PROTOCOL": _one_of(HTTP, GRPC),
    "CERTIFICATE": _file,
    "CLIENT_KEY": _file,
    "CLIENT_CERTIFICATE": _file,
}

# The variables that have an effect, with what they may hold.
CHECKS: dict[str, Check] = {
    "OTEL_SDK_DISABLED": _SWITCH,
    "OTEL_RESOURCE_ATTRIBUTES": _pairs,
    "OTEL_SERVICE_NAME": str,
    "OTEL_LOG_LEVEL": _one_of("debug", "info", "warn", "warning", "error", "critical"),
    "OTEL_PROPAGATORS": partial(_installed, "opentelemetry_propagator", others=("none",)),
    "OTEL_TRACES_SAMPLER": _one_of(*SAMPLERS, *(f"parentbased_{name}" for name in SAMPLERS)),
    "OTEL_TRACES_SAMPLER_ARG": _share,
    "OTEL_BSP_SCHEDULE_DELAY": _POSITIVE,
    "OTEL_BSP_MAX_QUEUE_SIZE": _POSITIVE,
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": _POSITIVE,
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": _AMOUNT,
    "OTEL_ATTRIBUTE_COUNT_LIMIT": _AMOUNT,
    "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": _AMOUNT,
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": _AMOUNT,
    "OTEL_SPAN_EVENT_COUNT_LIMIT": _AMOUNT,
    "OTEL_SPAN_LINK_COUNT_LIMIT": _AMOUNT,
    "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT": _AMOUNT,
    "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT": _AMOUNT,
    "OTEL_METRIC_EXPORT_INTERVAL": _POSITIVE,
    "OTEL_METRICS_EXEMPLAR_FILTER": _one_of("trace_based", "always_on", "always_off"),
    "OTEL_TRACES_EXPORTER": str,
    "OTEL_METRICS_EXPORTER": str,
    "OTEL_LOGS_EXPORTER": _one_of("none", "otlp", "console"),
    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": _one_of(
        "cumulative", "delta", "lowmemory"
    ),
    "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": _one_of(
        "explicit_bucket_histogram", "base2_exponential_bucket_histogram"
    ),
    "OTEL_SEMCONV_STABILITY_OPT_IN": _opt_in,
    "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": partial(
        _installed, "opentelemetry_resource_detector", others=("*",)
    ),
    "OTEL_PYTHON_CONTEXT": partial(_installed, "opentelemetry_context"),
    "OTEL_PYTHON_ID_GENERATOR": partial(_installed, "opentelemetry_id_generator"),
    "OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED": _SWITCH,
    "OTEL_PYTHON_EXCLUDED_URLS": _patterns,
    "OTEL_PYTHON_FLASK_EXCLUDED_URLS": _patterns,
    "OTEL_PYTHON_SYSTEM_METRICS_EXCLUDED_METRICS": str,
    # Anything that it is set to switches it on, `false` as well.
    "OTEL_PYTHON_INSTRUMENTATION_HTTP_CAPTURE_ALL_METHODS": lambda value: _SWITCH(value).replace(
        "false", ""
    ),
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST": _patterns,
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE": _patterns,
    "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS": _patterns,
    "OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER": _CREDENTIALS,
    **{f"OTEL_PYTHON_EXPORTER_OTLP_HTTP_{s}_CREDENTIAL_PROVIDER": _CREDENTIALS for s in SIGNALS},
    **{
        f"OTEL_EXPORTER_OTLP_{signal}{what}": check
        for signal in ("", *PREFIXES)
        for what, check in _OF_AN_EXPORTER.items()
    },
}
