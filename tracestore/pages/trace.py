"""Show one trace, and two compared, at the addresses that Jaeger's UI has."""

from collections.abc import Iterator, Sequence

from flask import (
    Blueprint,
    Response,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span
from werkzeug.wrappers import Response as AnyResponse

from tracestore.api.jaeger_json import trace_json
from tracestore.api.parameters import one_of, parse, parse_trace_id
from tracestore.api.v3 import traces_body
from tracestore.current import get_store, judges
from tracestore.errors import MalformedParameterError, NotStoredError
from tracestore.pages._compare import compare
from tracestore.pages._trace_view import view_trace, waterfall_spans
from tracestore.pages._waterfall import FOLDINGS
from tracestore.store import reader
from tracestore.store.reader import StoredSpans
from tracestore.store.roots import fastest_and_slowest_like, variants
from tracestore.store.search import read_summary
from tracestore.store.spans import attributes_of, kind_name
from tracestore.store.values import as_text

blueprint = Blueprint("trace_pages", __name__)


@blueprint.get("/trace/<trace_id>")
def trace(trace_id: str) -> AnyResponse:
    before, dots, after = trace_id.partition("...")
    if dots:
        return make_response(_compare_page(parse_trace_id(before), parse_trace_id(after)))
    return _trace_page(parse_trace_id(trace_id))


@blueprint.get("/trace/<trace_id>/spans/<span_id>")
def span(trace_id: str, span_id: str) -> str:
    try:
        found = reader.read_span(get_store(), parse_trace_id(trace_id), bytes.fromhex(span_id))
    except ValueError:
        found = None
    if found is None:
        raise NotStoredError(
            "the span may have left to make room for newer ones", title="No such span"
        )
    return _span_details(found)


@blueprint.get("/trace/<trace_id>/matches")
def matches(trace_id: str) -> Response:
    parts = reader.read_trace(get_store(), parse_trace_id(trace_id))
    text = request.args.get("find", "").casefold()
    return jsonify(spans=_matches(parts, text) if text else [])


@blueprint.get("/trace/<trace_id>/<any(otlp, jaeger):form>.json")
def download(trace_id: str, form: str) -> Response:
    parsed = parse_trace_id(trace_id)
    parts = _read_trace(parsed)
    if form == "otlp":
        body = "".join(traces_body(get_store(), [parsed]))
    else:
        body = f'{{"data":[{trace_json(parts)}]}}'
    response = Response(body, content_type="application/json")
    name = f"trace-{parsed.hex()}.{form}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.get("/compare")
def choose() -> AnyResponse:
    """Answer with the address that compares two traces, the earlier one first.

    A second id that is of no use is explained next to its field, on the page of the first trace.
    """
    chosen = [text.strip() for text in request.args.getlist("trace")]
    if len(chosen) != 2:
        raise MalformedParameterError("trace", "choose two traces to compare")
    first = parse_trace_id(chosen[0])
    start = _start(first)
    try:
        second = parse_trace_id(chosen[1])
        other_start = _start(second)
        if start is not None and other_start is None:
            raise NotStoredError(f"{second.hex()} is not in the store")
    except (MalformedParameterError, NotStoredError) as error:
        if start is None:
            raise
        problem = getattr(error, "reason", str(error))
        response = _trace_page(first, other=chosen[1], problem=problem)
        response.status_code = error.http_status
        return response
    ids = [first.hex(), second.hex()]
    if start is not None and other_start is not None and other_start < start:
        ids.reverse()
    return redirect(url_for(".trace", trace_id="...".join(ids)))


def _start(trace_id: bytes) -> int | None:
    summary = read_summary(get_store(), trace_id)
    return None if summary is None else summary.start_time_unix_nano


def _trace_page(trace_id: bytes, *, other: str = "", problem: str = "") -> AnyResponse:
    """Show a trace; `problem` says what is wrong with the `other`, typed to compare it with."""
    folding = parse(request.args, "fold", one_of(FOLDINGS), FOLDINGS[0])
    view = view_trace(_read_trace(trace_id), folding, judge=judges())
    summary = read_summary(get_store(), trace_id)
    extremes = summary and fastest_and_slowest_like(get_store(), summary)
    shown = {trace_id, *(trace.trace_id for trace in extremes or ())}
    page = render_template(
        "trace.html",
        trace_id=trace_id.hex(),
        view=view,
        folding=folding,
        summary=summary,
        extremes=extremes,
        variants=variants(get_store(), shown),
        other=other,
        problem=problem,
    )
    return make_response(page)


def _compare_page(*trace_ids: bytes) -> str:
    before, after = (waterfall_spans(_read_trace(trace_id)) for trace_id in trace_ids)
    named = variants(get_store(), trace_ids)
    return render_template(
        "compare.html",
        ids=[trace_id.hex() for trace_id in trace_ids],
        variants=[named.get(trace_id, "") for trace_id in trace_ids],
        comparison=compare(before, after),
    )


def _read_trace(trace_id: bytes) -> list[StoredSpans]:
    """Read a trace for a page, or raise NotStoredError."""
    parts = reader.read_trace(get_store(), trace_id)
    if not parts:
        raise NotStoredError(
            f"trace {trace_id.hex()} has not arrived yet, or has left to make room for newer ones",
            title="No such trace",
        )
    return parts


def _matches(parts: Sequence[StoredSpans], text: str) -> list[str]:
    """Return the ids of the spans that contain the text."""
    found = []
    for part in parts:
        is_own = text in part.service.casefold()
        for body in part.spans:
            span = Span.FromString(body)
            if is_own or any(text in said.casefold() for said in _texts(span, part)):
                found.append(span.span_id.hex())
    return found


def _texts(span: Span, part: StoredSpans) -> Iterator[str]:
    """Yield what a search in the page looks at; attributes are "key=value"."""
    yield from (span.name, span.span_id.hex(), span.status.message)
    yield from (event.name for event in span.events)
    for item in attributes_of(span, part.resource, part.scope):
        yield f"{item.key}={as_text(item.value)}"


def _span_details(found: StoredSpans) -> str:
    span = Span.FromString(found.spans[0])
    return render_template(
        "_span.html",
        span=span,
        service=found.service,
        kind=kind_name(span.kind) or "internal",
        resource=ResourceSpans.FromString(found.resource).resource,
        scope=ScopeSpans.FromString(found.scope).scope,
        as_text=as_text,
    )
