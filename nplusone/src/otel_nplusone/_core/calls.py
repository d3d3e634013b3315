"""Make fingerprints of calls of other services: HTTP, RPC, messages.

    GET http://users:8080/users/17?full=1        GET users:8080 /users/{id}?full
    users.Users/GetUser at users:50051           grpc users:50051 users.Users/GetUser
    a message to the queue orders                publish kafka orders

https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from otel_nplusone._core import semconv
from otel_nplusone._core.fingerprint import Fingerprint, digest
from otel_nplusone._core.model import Kind, Span, SpanKind

_VERSION = re.compile(r"v\d+(?:[._]\d+)*(?:alpha|beta)?\d*", re.IGNORECASE)
_WORDS_WORDS = """
    oauth2 s3 i18n l10n b2b b2c e2e k8s p2p web3 2fa ec2 base64 http2
"""
_WORDS = frozenset(_WORDS_WORDS.split())
_PLURAL = re.compile(r"[a-z_-]{3,}s", re.IGNORECASE)
_PAGING_WORDS = """
    page offset cursor after before start skip from continuation pagetoken page_token next
    next_token nexttoken marker starting_after since_id max_id scroll_id exclusivestartkey
"""
_PAGING = frozenset(_PAGING_WORDS.split())
# One address for many questions: a body tells them apart, and no span has it.
_MULTIPLEXED = ("/graphql", "/rpc", "/jsonrpc", "/soap")
_BATCHES = ("/batch", "/bulk", "/_bulk", "/_msearch", "/_mget", "/mget", "/$batch")
_TELEMETRY = ("/v1/traces", "/v1/metrics", "/v1/logs", "/api/v2/spans", "/v0.4/traces")
_BATCH_METHOD = re.compile(r"(?:Batch|Bulk|Multi)(?=[A-Z_])|.*(?:Batch|Bulk|Many)$")
_WAITS_WORDS = """
    receive poll process settle ack nack complete deliver commit subscribe
"""
_WAITS = frozenset(_WAITS_WORDS.split())
_BODY = frozenset({"POST", "PUT", "PATCH"})


def read(span: Span) -> tuple[Kind, str, Fingerprint | None]:
    """Return the kind and the system, and the call without its values or None."""
    attributes = span.attributes
    system = semconv.text(attributes, semconv.MESSAGING_SYSTEM)
    if system:
        return Kind.MESSAGING, system, _message(attributes, system, span.kind)
    system = semconv.text(attributes, semconv.RPC_SYSTEM)
    if system:
        return Kind.RPC, system, _rpc(attributes, system)
    if span.kind == SpanKind.PRODUCER and semconv.text(attributes, semconv.DESTINATION):
        return Kind.MESSAGING, "", _made(f"publish {span.name}", "PUBLISH", None, many=False)
    method = semconv.text(attributes, semconv.METHOD).upper()
    return Kind.HTTP, "http", _http(attributes, method, span.name) if method else None


def is_telemetry(attributes: Mapping[str, object]) -> bool:
    """Tell whether a call carries spans to where they are kept."""
    return url_parts(semconv.text(attributes, semconv.URL))[1].endswith(_TELEMETRY)


def _http(attributes: Mapping[str, object], method: str, name: str) -> Fingerprint | None:
    url = semconv.text(attributes, semconv.URL)
    host, path, query = url_parts(url or semconv.text(attributes, semconv.URL_PATH))
    template = semconv.text(attributes, semconv.URL_TEMPLATE) or (
        path_template(path) if path else name.partition(" ")[2]
    )
    if not template.startswith("/"):
        return None
    if (method == "POST" and path.endswith(_MULTIPLEXED)) or path.endswith(_TELEMETRY):
        return None
    keys, most = _query(query)
    text = f"{method} {host or _host(attributes)} {template}" + ("?" + "&".join(keys)) * bool(keys)
    is_known = bool(path) and method not in _BODY and "REDACTED" not in query
    return _made(
        text,
        "CALL",
        hash(url or (host, path, query)) if is_known else None,
        many=path.endswith(_BATCHES),
        size=most if most > 1 else 0,
        page=not _PAGING.isdisjoint(key.lower() for key in keys),
    )


def _query(query: str) -> tuple[list[str], int]:
    """Return the names in a query, sorted, and how many values the longest list has."""
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    names = [name.removesuffix("[]") for name, _, _ in pairs]
    commas = [value.count(",") + value.upper().count("%2C") + 1 for _, _, value in pairs]
    again = [names.count(name) for name in set(names)]
    return sorted(set(names)), max(commas + again, default=0)


def url_parts(url: str) -> tuple[str, str, str]:
    """Return host, path and query of an address; never raise, whatever the text is."""
    _, found, rest = url.partition("://")
    host, slash, path = (rest if found else url).partition("/")
    if not found and host:
        return "", "", ""
    path, _, query = path.partition("#")[0].partition("?")
    host, _, bare_query = host.partition("?")
    return (
        host.rpartition("@")[2],
        slash + path if slash else "/" * bool(found),
        query or bare_query,
    )


@lru_cache(maxsize=4096)
def path_template(path: str) -> str:
    """Return `/users/{id}` of `/users/17`: an id has a digit in it, or follows a plural."""
    out: list[str] = []
    for segment in path.split("/"):
        follows = bool(out) and bool(_PLURAL.fullmatch(out[-1]))
        out.append("{id}" if _is_id(segment, follows_plural=follows) else segment)
    return "/".join(out)


def _is_id(segment: str, *, follows_plural: bool) -> bool:
    if not segment or segment.startswith("_") or segment.lower() in _WORDS:
        return False
    if any(character.isdigit() for character in segment) or "@" in segment or "%40" in segment:
        return not _VERSION.fullmatch(segment)
    return follows_plural and not _PLURAL.fullmatch(segment)


def _host(attributes: Mapping[str, object]) -> str:
    host, port = semconv.text(attributes, semconv.HOST), semconv.number(attributes, semconv.PORT)
    return host if port is None or ":" in host else f"{host}:{port}"


def _rpc(attributes: Mapping[str, object], system: str) -> Fingerprint | None:
    service = semconv.text(attributes, semconv.RPC_SERVICE)
    method = semconv.text(attributes, semconv.RPC_METHOD)
    if not method or "grpc.health" in service or method.startswith("grpc.health"):
        return None
    name = f"{service}/{method}" if service and "/" not in method else method
    text = " ".join(filter(None, (system, _host(attributes), name)))
    many = bool(_BATCH_METHOD.match(method.rpartition("/")[2]))
    return _made(text, name, None, many=many)


def _message(attributes: Mapping[str, object], system: str, kind: int) -> Fingerprint | None:
    operation = semconv.text(attributes, semconv.MESSAGING_OPERATION).lower()
    destination = semconv.text(attributes, semconv.DESTINATION)
    if operation in _WAITS or not destination or not (operation or kind == SpanKind.PRODUCER):
        return None
    size = semconv.number(attributes, semconv.MESSAGE_COUNT) or 1
    where = path_template(destination)
    return _made(f"publish {system} {where}", "PUBLISH", None, many=size > 1)


def _made(
    text: str, verb: str, value: int | None, *, many: bool, size: int = 0, page: bool = False
) -> Fingerprint:
    return Fingerprint(
        text=text,
        digest=digest(text),
        verb=verb,
        table="",
        has_binds=value is None,
        has_equality=False,
        list_size=size,
        many_rows=many,
        is_control=False,
        is_page=page,
        values=value or 0,
    )
