"""The pages, at the addresses that Jaeger's UI has: the list of traces and one trace."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status
from werkzeug.wrappers import Response as AnyResponse

from tracestore import reader
from tracestore.api_v3 import parse_trace_id, span_kind
from tracestore.errors import MalformedParameterError, StoreUnavailableError
from tracestore.query import Order, SearchQuery
from tracestore.reader import StoredSpans
from tracestore.spans import statement_of
from tracestore.statements import distinct_statements
from tracestore.store import Store
from tracestore.values import as_text
from tracestore.waterfall import WaterfallSpan, lay_out

_LIST_LENGTH = 50
# How many colours of services the style sheet has.
_COLORS = 6
_ORDERS: tuple[Order, ...] = ("spans", "longest", "newest")


def create_blueprint(store: Store) -> Blueprint:
    """/search and /trace/{id}, out of `store`."""
    blueprint = Blueprint("pages", __name__)

    @blueprint.get("/")
    def index() -> AnyResponse:
        return redirect(url_for("pages.search"))

    @blueprint.get("/search")
    def search() -> str:
        query = _list_query()
        return render_template(
            "search.html",
            query=query,
            traces=reader.find_traces(store, query),
            services=reader.services(store),
            operations=reader.operations(store, query.service) if query.service else [],
            orders=_ORDERS,
            stored=reader.stored_span_count(store),
        )

    @blueprint.get("/trace/<trace_id>")
    def trace(trace_id: str) -> AnyResponse | str:
        parsed = parse_trace_id(trace_id)
        parts = reader.read_trace(store, parsed)
        if not parts:
            return _no_such_trace(trace_id)
        spans = [span for part in parts for span in _waterfall_spans(part)]
        waterfall = lay_out(spans)
        services = dict.fromkeys([waterfall.root.service, *sorted(part.service for part in parts)])
        return render_template(
            "trace.html",
            trace_id=parsed.hex(),
            waterfall=waterfall,
            spans=spans,
            statements=distinct_statements(spans),
            colors={name: number % _COLORS for number, name in enumerate(services)},
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

    @blueprint.errorhandler(MalformedParameterError)
    def malformed(error: MalformedParameterError) -> Response:
        return error_page("That cannot be read", str(error), 400)

    @blueprint.errorhandler(StoreUnavailableError)
    def unavailable(_: StoreUnavailableError) -> Response:
        return error_page("The store cannot be read now", "Try again in a moment.", 503)

    return blueprint


def error_page(title: str, message: str, http_code: int) -> Response:
    """A page that says what is wrong, with the way back to the list."""
    return make_response(render_template("error.html", title=title, message=message), http_code)


def _list_query() -> SearchQuery:
    text = request.args.get("sort", "spans")
    order = next((order for order in _ORDERS if order == text), None)
    if order is None:
        raise MalformedParameterError("sort", f"{text[:60]!r} is none of {', '.join(_ORDERS)}")
    return SearchQuery(
        service=request.args.get("service", ""),
        operation=request.args.get("operation", ""),
        limit=_LIST_LENGTH,
        order=order,
    )


def _no_such_trace(trace_id: str) -> Response:
    return error_page(
        "No such trace",
        f"{trace_id} is not stored: it may not have arrived yet, or has left for newer ones.",
        404,
    )


def _waterfall_spans(part: StoredSpans) -> list[WaterfallSpan]:
    return [_waterfall_span(part.service, Span.FromString(body)) for body in part.spans]


def _waterfall_span(service: str, span: Span) -> WaterfallSpan:
    return WaterfallSpan(
        span_id=span.span_id.hex(),
        parent_span_id=span.parent_span_id.hex(),
        service=service,
        name=span.name,
        start_nano=span.start_time_unix_nano,
        end_nano=span.end_time_unix_nano,
        statement=statement_of(span),
        is_error=span.status.code == Status.STATUS_CODE_ERROR,
    )


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
