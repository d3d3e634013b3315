"""The pages of a trace, at the addresses that Jaeger's UI has: one trace, and two compared."""

from collections.abc import Sequence

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span
from werkzeug.wrappers import Response as AnyResponse

from tracestore import reader
from tracestore.api_v3 import parse_trace_id, span_kind, traces_body
from tracestore.compare import compare
from tracestore.errors import MalformedParameterError
from tracestore.jaeger_json import trace_json
from tracestore.pages import error_page, page_errors
from tracestore.reader import StoredSpans
from tracestore.spans import attributes_of
from tracestore.store import Store
from tracestore.trace_view import view_trace, waterfall_spans
from tracestore.values import as_text
from tracestore.waterfall import FOLDINGS, Folding


def create_blueprint(store: Store) -> Blueprint:
    """/trace/{id}, /trace/{a}...{b} and what belongs to them, out of `store`."""
    blueprint = Blueprint("trace_pages", __name__)
    page_errors(blueprint)

    @blueprint.get("/trace/<trace_id>")
    def trace(trace_id: str) -> AnyResponse | str:
        before, dots, after = trace_id.partition("...")
        if dots:
            return _compare_page(store, before, after)
        parsed = parse_trace_id(trace_id)
        folding = _folding()
        parts = reader.read_trace(store, parsed)
        if not parts:
            return _no_such_trace(trace_id)
        return render_template(
            "trace.html", trace_id=parsed.hex(), view=view_trace(parts, folding), folding=folding
        )

    @blueprint.get("/trace/<trace_id>/spans/<span_id>")
    def span(trace_id: str, span_id: str) -> AnyResponse | str:
        try:
            found = reader.read_span(store, parse_trace_id(trace_id), bytes.fromhex(span_id))
        except ValueError:
            found = None
        if found is None:
            return error_page("No such span", "It may have left to make room for newer ones.", 404)
        return _span_details(found)

    @blueprint.get("/trace/<trace_id>/matches")
    def matches(trace_id: str) -> Response:
        parts = reader.read_trace(store, parse_trace_id(trace_id))
        text = request.args.get("find", "").casefold()
        return jsonify(spans=_matches(parts, text) if text else [])

    @blueprint.get("/trace/<trace_id>/<any(otlp, jaeger):form>.json")
    def download(trace_id: str, form: str) -> AnyResponse:
        parsed = parse_trace_id(trace_id)
        parts = reader.read_trace(store, parsed)
        if not parts:
            return _no_such_trace(trace_id)
        is_otlp = form == "otlp"
        body = (
            "".join(traces_body(store, [parsed]))
            if is_otlp
            else f'{{"data":[{trace_json(parts)}]}}'
        )
        response = Response(body, content_type="application/json")
        response.headers["Content-Disposition"] = (
            f'attachment; filename="trace-{parsed.hex()}.{form}.json"'
        )
        return response

    @blueprint.get("/compare")
    def choose() -> AnyResponse:
        chosen = request.args.getlist("trace")
        if len(chosen) != 2:
            raise MalformedParameterError("trace", "choose two traces to compare")
        before, after = (parse_trace_id(text.strip()).hex() for text in chosen)
        return redirect(url_for(".trace", trace_id=f"{before}...{after}"))

    return blueprint


def _folding() -> Folding:
    text = request.args.get("fold", FOLDINGS[0])
    folding = next((folding for folding in FOLDINGS if folding == text), None)
    if folding is None:
        raise MalformedParameterError("fold", f"{text[:60]!r} is none of {', '.join(FOLDINGS)}")
    return folding


def _compare_page(store: Store, before: str, after: str) -> AnyResponse | str:
    ids = [parse_trace_id(before), parse_trace_id(after)]
    found = [reader.read_trace(store, trace_id) for trace_id in ids]
    for trace_id, parts in zip(ids, found, strict=True):
        if not parts:
            return _no_such_trace(trace_id.hex())
    return render_template(
        "compare.html",
        ids=[trace_id.hex() for trace_id in ids],
        comparison=compare(*(waterfall_spans(parts) for parts in found)),
    )


def _no_such_trace(trace_id: str) -> Response:
    return error_page(
        "No such trace",
        f"{trace_id} is not stored: it may not have arrived yet, or has left for newer ones.",
        404,
    )


def _matches(parts: Sequence[StoredSpans], text: str) -> list[str]:
    """The ids of the spans that hold the text: in names, attributes ("key=value") or messages."""
    found = []
    for part in parts:
        own = part.service.casefold()
        for body in part.spans:
            span = Span.FromString(body)
            if text in own or any(text in said.casefold() for said in _texts(span, part)):
                found.append(span.span_id.hex())
    return found


def _texts(span: Span, part: StoredSpans) -> Sequence[str]:
    attributes = attributes_of(span, part.resource, part.scope)
    return [
        span.name,
        span.span_id.hex(),
        span.status.message,
        *(event.name for event in span.events),
        *(f"{item.key}={as_text(item.value)}" for item in attributes),
    ]


def _span_details(found: StoredSpans) -> str:
    span = Span.FromString(found.spans[0])
    return render_template(
        "_span.html",
        span=span,
        service=found.service,
        kind=span_kind(span.kind),
        resource=ResourceSpans.FromString(found.resource).resource,
        scope=ScopeSpans.FromString(found.scope).scope,
        as_text=as_text,
    )
