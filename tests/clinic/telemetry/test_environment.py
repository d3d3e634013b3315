"""Show each row of docs/environment.md by a start of the clinic: honoured, or told."""

import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

import opentelemetry.environment_variables
import opentelemetry.sdk.environment_variables
import pytest
from requests.utils import should_bypass_proxies

from clinic.errors import SettingsError
from clinic.seed.rows import Rows
from clinic.telemetry import environment as otel_env
from clinic.telemetry.variables import CHECKS
from harness.project import PROJECT
from tests.clinic.receiver import Certificate, make_certificate

from .otel_starts import START_ONCE, STARTS, Seen, Starter, install_own_parts, seen_of

TABLE = PROJECT / "docs" / "environment.md"
ROW = re.compile(r"^\| `(OTEL_\w+)` \| (\w+) \|", re.MULTILINE)
ROWS = ROW.findall(TABLE.read_text(encoding="utf-8"))
HONOURED = [name for name, effect in ROWS if effect == "honoured"]
TOLD = [name for name, effect in ROWS if effect == "told"]
Check = Callable[[Seen], bool]


@pytest.fixture(scope="module")
def environ(
    tmp_path_factory: pytest.TempPathFactory, database_url: str, rows: Rows
) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("environment")
    install_own_parts(folder)
    return {
        "DATABASE_URL": database_url,
        "CLINIC_FLAGS_FILE": str(folder / "flags.json"),
        "CLINIC_NAME": str(rows.clinic[0]["name"]),
        "PYTHONPATH": str(folder),
    }


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def starter(
    environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Starter]:
    with closing(Starter(environ, tmp_path_factory.mktemp("output"))) as starter:
        yield starter


@pytest.fixture(scope="module")
def starts(starter: Starter, certificate: Certificate) -> Iterator[dict[str, "Future[Seen]"]]:
    """Make all the starts, two at a time: a test waits for its own."""
    with ThreadPoolExecutor(2) as pool:
        yield {name: pool.submit(seen_of, name, starter, certificate) for name in STARTS}


def every_post(what: Callable[[str, dict[str, str]], bool]) -> Check:
    return lambda seen: (
        {post.is_of_traces for post in seen.posts} == {True, False}
        and all(what("traces" if p.is_of_traces else "metrics", p.headers) for p in seen.posts)
    )


def of_kind(kind: str, what: Callable[[str, dict[str, str]], bool]) -> Check:
    return lambda seen: (
        any(kind in post.path for post in seen.posts)
        and all(what(post.path, post.headers) for post in seen.posts if kind in post.path)
    )


def has_come(path: str) -> Check:
    """Return a check that something came to that address, by a connection as it was asked for."""
    return lambda seen: path in {post.path for post in seen.posts}


def gave_up(*kinds: str) -> Check:
    return lambda seen: all(
        any(kind in post.path and not post.is_awaited for post in seen.posts) for kind in kinds
    )


def span_names(seen: Seen) -> set[str]:
    return {span.name for span in seen.spans}


def trace_ids(seen: Seen) -> set[str]:
    return {span.trace_id.hex() for span in seen.spans}


def is_linked(seen: Seen, page: str = "home") -> bool:
    linked: bool = seen.answers[page]["is_linked"]
    return linked


def is_sampled(seen: Seen) -> bool:
    """Tell whether the answer says so to its caller: by the first bit of the flags."""
    return bool(int(seen.answers["home"]["traceresponse"].rsplit("-", 1)[1], 16) & 1)


def values_in(pairs: object) -> set[int]:
    return {len(pair.value.string_value) for pair in pairs}  # type: ignore[attr-defined]


def temporality(seen: Seen) -> int:
    found: int = seen.metrics[
        "http.server.request.duration"
    ].exponential_histogram.aggregation_temporality
    return found


BOTH = ("/v1/traces", "/v1/metrics")
TRACES, METRICS = "OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_METRICS_"
GENERAL, PYTHON = "OTEL_EXPORTER_OTLP_", "OTEL_PYTHON_"
CAPTURE = "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_"
CREDENTIALS = "OTEL_PYTHON_EXPORTER_OTLP_HTTP_"
# For each variable the start in which it is set, and how its effect shows.
EVIDENCE: dict[str, tuple[str, Check]] = {
    "OTEL_SDK_DISABLED": (
        "disabled",
        lambda seen: not seen.posts and seen.answers["home"]["traceresponse"] is None,
    ),
    "OTEL_SERVICE_NAME": ("signals", lambda seen: seen.resource["service.name"] == "own-name"),
    "OTEL_RESOURCE_ATTRIBUTES": (
        "signals",
        lambda seen: (
            seen.resource["service.instance.id"] == "one" and seen.resource["team"] == "cats"
        ),
    ),
    "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": (
        "signals",
        lambda seen: "process.pid" in seen.resource,
    ),
    "OTEL_LOG_LEVEL": ("slow", lambda seen: "Failed to export" not in seen.said),
    "OTEL_PROPAGATORS": ("general", lambda seen: "ab" * 16 not in trace_ids(seen)),
    "OTEL_TRACES_SAMPLER": ("signals", lambda seen: is_linked(seen, "unsampled")),
    "OTEL_TRACES_SAMPLER_ARG": (
        "share of none",
        lambda seen: not seen.trace_posts and bool(seen.metric_posts),
    ),
    "OTEL_TRACES_EXPORTER": ("console", lambda seen: '"trace_id"' in seen.said),
    "OTEL_METRICS_EXPORTER": ("console", lambda seen: '"resource_metrics"' in seen.said),
    "OTEL_BSP_SCHEDULE_DELAY": (
        "general",
        lambda seen: len(seen.batches) == 1 and {"large", "last"} <= span_names(seen),
    ),
    "OTEL_METRIC_EXPORT_INTERVAL": ("general", lambda seen: len(seen.metric_posts) > 3),
    "OTEL_BSP_MAX_QUEUE_SIZE": (
        "queue",
        lambda seen: 0 < sum(span.name == "burst" for span in seen.spans) < 500,
    ),
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": (
        "queue",
        lambda seen: max(len(batch) for batch in seen.batches) == 2,
    ),
    "OTEL_ATTRIBUTE_COUNT_LIMIT": (
        "general limits",
        lambda seen: len(seen.large.attributes) == len(seen.large.links[0].attributes) == 3,
    ),
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": ("limits", lambda seen: not seen.large.attributes),
    "OTEL_SPAN_EVENT_COUNT_LIMIT": ("limits", lambda seen: len(seen.large.events) == 4),
    "OTEL_SPAN_LINK_COUNT_LIMIT": ("limits", lambda seen: len(seen.large.links) == 5),
    "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT": (
        "limits",
        lambda seen: len(seen.large.events[0].attributes) == 6,
    ),
    "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT": (
        "limits",
        lambda seen: len(seen.large.links[0].attributes) == 7,
    ),
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": (
        "general limits",
        lambda seen: values_in(seen.large.events[0].attributes) == {20},
    ),
    "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": (
        "general limits",
        lambda seen: values_in(seen.large.attributes) == {30},
    ),
    "OTEL_METRICS_EXEMPLAR_FILTER": ("signals", lambda seen: not seen.exemplars),
    f"{GENERAL}ENDPOINT": ("default", lambda seen: {post.path for post in seen.posts} == {*BOTH}),
    f"{TRACES}ENDPOINT": ("signals", has_come("/own/traces")),
    f"{METRICS}ENDPOINT": ("signals", has_come("/own/metrics")),
    f"{GENERAL}HEADERS": ("general", every_post(lambda _, headers: headers["x-of"] == "both")),
    f"{TRACES}HEADERS": ("signals", of_kind("traces", lambda _, h: h["x-of"] == "traces")),
    f"{METRICS}HEADERS": ("signals", of_kind("metrics", lambda _, h: h["x-of"] == "metrics")),
    f"{GENERAL}TIMEOUT": ("slow", gave_up(*BOTH)),
    f"{TRACES}TIMEOUT": ("slow signals", gave_up("traces")),
    f"{METRICS}TIMEOUT": ("slow signals", gave_up("metrics")),
    f"{GENERAL}COMPRESSION": (
        "general",
        every_post(lambda _, headers: headers["content-encoding"] == "gzip"),
    ),
    f"{TRACES}COMPRESSION": (
        "signals",
        of_kind("traces", lambda _, h: h["content-encoding"] == "gzip"),
    ),
    f"{METRICS}COMPRESSION": (
        "signals",
        of_kind("metrics", lambda _, h: h["content-encoding"] == "deflate"),
    ),
    # The general one says grpc there, which is not installed: its row is that it is refused.
    f"{TRACES}PROTOCOL": ("signals", has_come("/own/traces")),
    f"{METRICS}PROTOCOL": ("signals", has_come("/own/metrics")),
    # The receiver's certificate is its own, and it lets nobody in without one.
    **{
        f"{prefix}{what}": (start, has_come(path))
        for prefix, start, path in (
            (GENERAL, "general", "/v1/traces"),
            (TRACES, "signals", "/own/traces"),
            (METRICS, "signals", "/own/metrics"),
        )
        for what in ("CERTIFICATE", "CLIENT_KEY", "CLIENT_CERTIFICATE")
    },
    f"{METRICS}TEMPORALITY_PREFERENCE": ("signals", lambda seen: temporality(seen) == 1),
    f"{METRICS}DEFAULT_HISTOGRAM_AGGREGATION": (
        "signals",
        lambda seen: (
            len(seen.metrics["http.server.request.duration"].exponential_histogram.data_points) > 0
        ),
    ),
    "OTEL_SEMCONV_STABILITY_OPT_IN": (
        "signals",
        lambda seen: (
            {"db.query.text", "db.statement", "http.method", "http.request.method"}
            <= seen.attribute_names
        ),
    ),
    f"{CAPTURE}SERVER_REQUEST": (
        "signals",
        lambda seen: seen.attribute("http.request.header.x_cat") == {"Tom"},
    ),
    f"{CAPTURE}SERVER_RESPONSE": (
        "signals",
        lambda seen: any(
            "text/html" in value for value in seen.attribute("http.response.header.content_type")
        ),
    ),
    f"{CAPTURE}SANITIZE_FIELDS": (
        "signals",
        lambda seen: seen.attribute("http.request.header.x_secret") == {"[REDACTED]"},
    ),
    f"{PYTHON}INSTRUMENTATION_HTTP_CAPTURE_ALL_METHODS": (
        "signals",
        lambda seen: "PURR" in seen.attribute("http.request.method"),
    ),
    f"{PYTHON}FLASK_EXCLUDED_URLS": (
        "signals",
        lambda seen: "GET /" in span_names(seen) and not leaves_a_span(seen),
    ),
    f"{PYTHON}EXCLUDED_URLS": (
        "general",
        lambda seen: "GET /" in span_names(seen) and not leaves_a_span(seen),
    ),
    f"{PYTHON}SYSTEM_METRICS_EXCLUDED_METRICS": (
        "signals",
        lambda seen: (
            "process.cpu.time" in seen.metrics and "process.memory.usage" not in seen.metrics
        ),
    ),
    f"{PYTHON}SDK_INTERNAL_METRICS_ENABLED": (
        "signals",
        lambda seen: "otel.sdk.span.started" not in seen.metrics,
    ),
    f"{PYTHON}ID_GENERATOR": (
        "signals",
        lambda seen: (
            {i for i in trace_ids(seen) if i != "ab" * 16 and not i.startswith("feed")} == set()
        ),
    ),
    f"{PYTHON}CONTEXT": ("signals", lambda seen: "own context" in seen.said),
    f"{CREDENTIALS}CREDENTIAL_PROVIDER": (
        "general",
        every_post(lambda _, headers: headers.get("x-credential") == "own"),
    ),
    f"{CREDENTIALS}TRACES_CREDENTIAL_PROVIDER": (
        "signals",
        of_kind("traces", lambda _, headers: headers.get("x-credential") == "own"),
    ),
    f"{CREDENTIALS}METRICS_CREDENTIAL_PROVIDER": (
        "signals",
        of_kind("metrics", lambda _, headers: headers.get("x-credential") == "own"),
    ),
}


def leaves_a_span(seen: Seen) -> bool:
    """Tell whether the page of the veterinarians is in the traces, or its statement is."""
    return any("veterinarian" in name for name in span_names(seen))


@pytest.mark.parametrize("name", [name for name in HONOURED if name != f"{GENERAL}PROTOCOL"])
def test_variable_is_honoured(name: str, starts: dict[str, "Future[Seen]"]) -> None:
    start, shows = EVIDENCE[name]

    seen = starts[start].result()

    assert name in STARTS[start]
    assert shows(seen), seen.said[-3000:]
    assert f"{name}=" not in seen.said


@pytest.fixture(scope="module")
def told(starter: Starter) -> str:
    """Return what a start says with a typo and every variable that has no effect."""
    variables = dict.fromkeys([*TOLD, "OTEL_TRACE_SAMPLER"], "7")
    chosen = {"OTEL_LOGS_EXPORTER": "otlp", "OTEL_TRACES_SAMPLER_ARG": "0.5"}
    silent = {"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}
    return starter.run(START_ONCE, variables=variables | chosen | silent).stdout


@pytest.mark.parametrize("name", [*TOLD, "OTEL_TRACE_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"])
def test_variable_without_effect_is_told_in_one_line(name: str, told: str) -> None:
    lines = [line for line in told.splitlines() if f"{name}=" in line]

    assert len(lines) == 1
    assert re.fullmatch(rf"telemetry: {name}=\S+ has no effect: .{{20,}}", lines[0])


def test_headers_are_not_shown(told: str) -> None:
    assert "OTEL_EXPORTER_OTLP_LOGS_HEADERS=(hidden) has no effect" in told


def test_start_without_variables_tells_of_none(starts: dict[str, "Future[Seen]"]) -> None:
    assert "has no effect" not in starts["default"].result().said


def test_table_has_every_variable_of_the_sdk_and_of_the_clinic_once() -> None:
    modules = (opentelemetry.environment_variables, opentelemetry.sdk.environment_variables)
    known = {
        value
        for module in modules
        for name, value in vars(module).items()
        if name.lstrip("_").startswith("OTEL_") and isinstance(value, str)
    }
    names = [name for name, _effect in ROWS]

    assert len(known) > 60
    assert known | set(CHECKS) <= set(names)
    assert sorted(names) == sorted(set(names))
    assert set(HONOURED) == set(CHECKS) - {"OTEL_LOGS_EXPORTER"}


# --- samples, and links to what is kept -----------------------------------------------------------


@pytest.mark.parametrize("start", ["never", "share of none"])
def test_page_of_a_trace_that_is_not_sampled_has_no_link(
    start: str, starts: dict[str, "Future[Seen]"]
) -> None:
    seen = starts[start].result()

    assert not any(answer["is_linked"] for answer in seen.answers.values())
    assert not is_sampled(seen)
    assert seen.trace_posts == []


def test_page_of_a_sampled_trace_has_a_link(starts: dict[str, "Future[Seen]"]) -> None:
    seen = starts["default"].result()

    assert is_linked(seen)
    assert is_sampled(seen)
    assert seen.answers["home"]["traceresponse"].split("-")[1] in trace_ids(seen)
    assert not is_linked(seen, "unsampled")


@pytest.mark.parametrize("start", ["console", "none"])
def test_page_has_no_link_where_no_backend_gets_the_trace(
    start: str, starts: dict[str, "Future[Seen]"]
) -> None:
    seen = starts[start].result()

    assert not is_linked(seen)
    assert seen.posts == []


def test_two_exporters_get_the_same_spans_and_one_count(starts: dict[str, "Future[Seen]"]) -> None:
    seen = starts["both"].result()

    exported = seen.metrics["otel.sdk.exporter.span.exported"].sum.data_points
    assert sum(point.as_int for point in exported) == len(seen.spans)
    assert seen.said.count('"trace_id"') >= len(seen.spans)
    assert is_linked(seen)


def test_old_names_are_honoured_and_do_not_stop_the_start(
    starts: dict[str, "Future[Seen]"],
) -> None:
    seen = starts["old names"].result()

    assert seen.statements() > 0
    assert "db.statement" in seen.attribute_names
    assert "db.query.text" not in seen.attribute_names


def test_name_among_the_resource_attributes_wins_over_our_own(
    starts: dict[str, "Future[Seen]"],
) -> None:
    assert starts["general"].result().resource["service.name"] == "by-attribute"
    assert starts["default"].result().resource["service.name"] == "cat-clinic"
    assert len(starts["default"].result().resource["service.instance.id"]) == 36


def test_loopback_is_not_asked_through_a_proxy(starts: dict[str, "Future[Seen]"]) -> None:
    assert {post.path for post in starts["proxy"].result().posts} == set(BOTH)


# --- what cannot be used --------------------------------------------------------------------------

BAD = {
    "OTEL_SDK_DISABLED": "yes",
    "OTEL_RESOURCE_ATTRIBUTES": "team",
    "OTEL_LOG_LEVEL": "loud",
    "OTEL_PROPAGATORS": "b3",
    "OTEL_TRACES_SAMPLER": "jaeger_remote",
    "OTEL_TRACES_SAMPLER_ARG": "1.5",
    "OTEL_TRACES_EXPORTER": "zipkin",
    "OTEL_METRICS_EXPORTER": "prometheus",
    "OTEL_BSP_SCHEDULE_DELAY": "0",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "99999",
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "-1",
    "OTEL_METRICS_EXEMPLAR_FILTER": "sometimes",
    "OTEL_METRIC_EXPORT_INTERVAL": "5s",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "127.0.0.1:4318",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json",
    "OTEL_EXPORTER_OTLP_TIMEOUT": "soon",
    "OTEL_EXPORTER_OTLP_COMPRESSION": "zstd",
    "OTEL_EXPORTER_OTLP_CERTIFICATE": "/nowhere.pem",
    "OTEL_SEMCONV_STABILITY_OPT_IN": "databases",
    "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "moon",
    "OTEL_PYTHON_FLASK_EXCLUDED_URLS": "[",
    "OTEL_PYTHON_ID_GENERATOR": "dice",
    "OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER": "nobody",
}

TAKES_ANYTHING = (
    "OTEL_SERVICE_NAME",
    "OTEL_PYTHON_SYSTEM_METRICS_EXCLUDED_METRICS",
)


@pytest.mark.parametrize("name", BAD)
def test_value_that_cannot_be_used_is_refused_by_name(name: str) -> None:
    with pytest.raises(SettingsError) as refused:
        otel_env.prepare({name: BAD[name]})

    assert str(refused.value).startswith(f"{name}={BAD[name]!r} cannot be used; ")
    assert re.search(r"\b(use|install|name)\b", str(refused.value))


@pytest.mark.parametrize("name", sorted(set(CHECKS) - set(TAKES_ANYTHING)))
def test_every_variable_refuses_nonsense(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}="):
        otel_env.prepare({name: "[:;"})


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_variable_that_is_set_to_nothing_is_not_set(name: str) -> None:
    empty, unset = {name: " "}, dict[str, str]()

    otel_env.prepare(empty)
    otel_env.prepare(unset)

    assert empty == unset


def test_second_look_changes_nothing() -> None:
    environ = {"OTEL_BSP_MAX_QUEUE_SIZE": "10", "HTTP_PROXY": "http://proxy:1", "NO_PROXY": "a.b"}
    otel_env.prepare(environ)
    first = dict(environ)

    otel_env.prepare(environ)

    assert environ == first
    assert environ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"] == "10"


@pytest.mark.parametrize(
    "name", ["OTEL_PROPAGATORS", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT"]
)
def test_serving_with_a_value_that_cannot_be_used_is_one_sentence(
    name: str, starter: Starter
) -> None:
    done = starter.run("clinic.cli:main", "serve", variables={name: BAD[name]})

    assert done.code == 2
    assert done.stderr.startswith(f"clinic: {name}={BAD[name]!r} cannot be used; ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "localhost", "[::1]"])
@pytest.mark.parametrize("exempt", ["", "example.org"])
def test_every_loopback_address_is_exempt_from_a_proxy(
    host: str, exempt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"HTTP_PROXY": "http://proxy.example:1", "NO_PROXY": exempt}
    otel_env.prepare(environ)
    monkeypatch.setenv("HTTP_PROXY", environ["HTTP_PROXY"])
    monkeypatch.setenv("NO_PROXY", environ["NO_PROXY"])
    monkeypatch.setenv("no_proxy", environ["no_proxy"])

    assert should_bypass_proxies(f"http://{host}:4318/v1/traces", None)
    assert not should_bypass_proxies("http://collector.example:4318/v1/traces", None)


def test_gunicorn_by_itself_refuses_the_same(starter: Starter) -> None:
    config = "--config=python:clinic.gunicorn_conf"
    bad = {"OTEL_PROPAGATORS": "b3"}
    done = starter.run("gunicorn.app.wsgiapp:run", config, variables=bad)

    assert done.code == 2
    assert done.stderr.startswith("clinic: OTEL_PROPAGATORS='b3' cannot be used; ")


def test_secret_of_a_header_is_not_shown(starter: Starter) -> None:
    secret = {"OTEL_EXPORTER_OTLP_HEADERS": "opensesame"}
    done = starter.run("clinic.cli:main", "serve", variables=secret)

    assert done.code == 2
    assert "OTEL_EXPORTER_OTLP_HEADERS=(hidden)" in done.stderr
    assert "opensesame" not in done.stderr
