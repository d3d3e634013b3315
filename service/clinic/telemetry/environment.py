"""Check OpenTelemetry's standard variables (OTEL_*) before anything reads them.

    environment ──► prepare() ── a value that cannot be used ──► SettingsError, exit code 2
                        │        set to nothing              ──► as if it were not set
                        │        not set                     ──► DEFAULTS
                        ▼
                    the SDK and the instrumentations read it; unused.py names what nobody reads

The SDK by itself answers a bad value with a warning and a default, or with a traceback while it is
imported: hence this module imports nothing of it. docs/environment.md has the table.
"""

from collections.abc import Mapping, MutableMapping

from clinic.errors import SettingsError
from clinic.telemetry.variables import (
    CHECKS,
    GRPC,
    HTTP,
    PACKAGES,
    PREFIXES,
    SIGNALS,
    Unusable,
    is_installed,
    words_in,
)

# Filled in where a variable is not set. The SDK reads them itself.
DEFAULTS = {
    "OTEL_SERVICE_NAME": "cat-clinic",
    # Stable names: db.query.text, http.request.method, and so on.
    "OTEL_SEMCONV_STABILITY_OPT_IN": "database,http",
    # The SDK's own counters of spans started, queued and dropped.
    "OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED": "true",
    # The queue drops when full, and never blocks. The default of 2,048 spans is four requests of
    # the incident: a backend that takes 1 s for each POST costs 28 % of the spans. 16,384 loses
    # none, for 46 MB at worst.
    "OTEL_BSP_MAX_QUEUE_SIZE": "16384",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "512",
    "OTEL_BSP_SCHEDULE_DELAY": "1000",
    "OTEL_METRIC_EXPORT_INTERVAL": "5000",
}
OTLP = {GRPC: "otlp_proto_grpc", HTTP: "otlp_proto_http"}
BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
LOOPBACK = "localhost,127.0.0.0/8,127.0.0.1,::1,[::1]"

Environ = MutableMapping[str, str]


def prepare(environ: Environ) -> None:
    """Check the standard variables, and write into the environment what the SDK is to find there.

    SettingsError names the variable, its value and what to use. A second call changes nothing.
    """
    for name in [name for name in environ if name.startswith("OTEL_")]:
        value = environ[name].strip()
        if value and name in CHECKS:
            value = _checked(name, value)
        if value:
            environ[name] = value
        else:
            del environ[name]
    _fill_in(environ)
    for signal in SIGNALS:
        exporters(environ, signal)
    _let_certificates_win(environ)
    _reach_loopback_directly(environ)


def exporters(environ: Mapping[str, str], signal: str) -> tuple[str, ...]:
    """Return the entry points of a signal's exporters; SettingsError if one is not installed."""
    name = f"OTEL_{signal}_EXPORTER"
    words = dict.fromkeys(words_in(environ.get(name, "otlp")))
    if "none" in words and len(words) > 1:
        raise _refused(name, environ[name], "use none alone, or leave it out")
    found = []
    for word in words:
        if word == "none":
            continue
        asked, entry = name, word
        if word == "otlp":
            asked, protocol = _protocol(environ, signal)
            entry = OTLP[protocol]
        if not is_installed(f"opentelemetry_{signal.lower()}_exporter", entry):
            raise _not_installed(asked, environ.get(asked, word), entry, "otlp, console or none")
        found.append(entry)
    return tuple(found)


def _protocol(environ: Mapping[str, str], signal: str) -> tuple[str, str]:
    for name in (f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        if name in environ:
            return name, environ[name]
    return "OTEL_EXPORTER_OTLP_PROTOCOL", HTTP


def _fill_in(environ: Environ) -> None:
    queue, batch = "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"
    is_named = dict(_pairs_in(environ.get("OTEL_RESOURCE_ATTRIBUTES", ""))).get("service.name")
    is_batch_given = batch in environ
    for name, value in DEFAULTS.items():
        if name != "OTEL_SERVICE_NAME" or not is_named:
            environ.setdefault(name, value)
    if int(environ[batch]) > int(environ[queue]):
        if is_batch_given:
            raise _refused(batch, environ[batch], f"use at most {queue}, which is {environ[queue]}")
        environ[batch] = environ[queue]


def _let_certificates_win(environ: Environ) -> None:
    """Let the exporters' certificates win over the machine's, which requests would prefer.

    https://github.com/psf/requests/issues/3829
    """
    certificates = {name: f"OTEL_EXPORTER_OTLP_{name}CERTIFICATE" for name in ("", *PREFIXES)}
    bundles = [environ[name] for name in BUNDLES if name in environ]
    if not bundles or not any(name in environ for name in certificates.values()):
        return
    if certificates[""] not in environ:
        for prefix in PREFIXES:
            environ.setdefault(certificates[prefix], bundles[0])
    for name in BUNDLES:
        environ.pop(name, None)


def _reach_loopback_directly(environ: Environ) -> None:
    """Exempt this machine from a proxy: 127.0.0.1 means another machine to a proxy."""
    if not any(name.lower().endswith("_proxy") for name in environ):
        return
    exempt = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    if exempt.strip() != "*" and LOOPBACK not in exempt:
        exempt = ",".join(filter(None, [exempt, LOOPBACK]))
    # Programs differ in which of the two they read.
    environ["no_proxy"] = environ["NO_PROXY"] = exempt


def _pairs_in(value: str) -> list[tuple[str, str]]:
    pairs = [pair.partition("=") for pair in value.split(",") if pair.strip()]
    return [(key.strip(), text.strip()) for key, _sign, text in pairs]


def _checked(name: str, value: str) -> str:
    try:
        return CHECKS[name](value)
    except Unusable as complaint:
        raise _refused(name, value, str(complaint)) from complaint


def _refused(name: str, value: str, advice: str) -> SettingsError:
    return SettingsError(f"{name}={shown(name, value)} cannot be used; {advice}")


def _not_installed(name: str, value: str, entry: str, instead: str) -> SettingsError:
    if entry == OTLP[GRPC] and name.endswith("_PROTOCOL"):
        instead = HTTP
    package = f"install {PACKAGES[entry]}, or " if entry in PACKAGES else ""
    return _refused(name, value, f"{entry!r} is not installed: {package}use {instead}")


def shown(name: str, value: str) -> str:
    """Return a value as it may be shown: headers hold passwords."""
    return "(hidden)" if name.endswith("_HEADERS") else repr(value)
