"""Show the list of traces, at the address that Jaeger's UI has, and take files."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as AnyResponse

from tracestore.api.parameters import parse_trace_id
from tracestore.current import get_store, judges
from tracestore.errors import InvalidBodyError, MalformedParameterError
from tracestore.findings import CLASS_NAMES, FEWEST_SPANS
from tracestore.intake.take import take_upload
from tracestore.pages._scatter import Scatter, scatter
from tracestore.pages._search_form import LOOKBACKS, ORDERS, SearchForm, parse_search_form
from tracestore.pages._switches import find_switches
from tracestore.store import reader
from tracestore.store.roots import variants
from tracestore.store.search import SearchQuery, TraceSummary, find_traces, recent_traces

blueprint = Blueprint("pages", __name__)

# More dots would be one cloud, and a page of more than a megabyte.
MOST_DOTS = 1_000


@dataclass(frozen=True, slots=True)
class Listed:
    """Hold what a search found: the rows, the chart over them, and what can be narrowed to."""

    traces: Sequence[TraceSummary] = ()
    variants: Mapping[bytes, str] = field(default_factory=dict)
    scatter: Scatter | None = None
    is_chart_cut: bool = False
    route_counts: Counter[str] = field(default_factory=Counter)
    variant_counts: Counter[str] = field(default_factory=Counter)


@blueprint.get("/")
def index() -> AnyResponse:
    return redirect(url_for(".search"))


@blueprint.get("/search")
def search() -> AnyResponse:
    problems: dict[str, str] = {}
    form = SearchForm(SearchQuery(), request.args.to_dict())
    try:
        if request.args.get("trace"):
            return redirect(url_for("trace_pages.trace", trace_id=_trace_id(request.args["trace"])))
        form = parse_search_form(request.args)
    except MalformedParameterError as error:
        problems[error.name] = error.reason
    listed = Listed() if problems else _listed(form.query)
    response = make_response(_page(form, listed, problems))
    response.status_code = MalformedParameterError.http_status if problems else 200
    return response


@blueprint.post("/upload")
def upload() -> AnyResponse:
    _refuse_other_sites()
    file = request.files.get("file")
    if file is None or not file.filename:
        raise InvalidBodyError("no file was sent: choose a file to upload")
    trace_ids = take_upload(get_store(), file.read())
    if len(trace_ids) > 1:
        return redirect(url_for(".search", sort="newest"), 303)
    return redirect(url_for("trace_pages.trace", trace_id=trace_ids.pop().hex()), 303)


def _trace_id(text: str) -> str:
    try:
        return parse_trace_id(text.strip()).hex()
    except MalformedParameterError as error:
        raise MalformedParameterError("trace", error.reason) from error


def _listed(query: SearchQuery) -> Listed:
    """Search for what the chart shows, the newest of the range, and for the rows in their order."""
    store = get_store()
    charted = find_traces(store, replace(query, limit=MOST_DOTS + 1, order="newest"))
    if query.order == "newest" and query.limit <= MOST_DOTS:
        traces = charted[: query.limit]
    else:
        traces = find_traces(store, query)
    everything = charted
    if query.operation or query.variant:
        wide = replace(query, operation="", variant="", limit=MOST_DOTS, order="newest")
        everything = find_traces(store, wide)
    shown = charted[:MOST_DOTS]
    named = variants(store, {trace.trace_id for trace in (*traces, *shown, *everything)})
    return Listed(
        traces=traces,
        variants=named,
        scatter=scatter(shown, find_switches(shown, named)) if len(shown) > 1 else None,
        is_chart_cut=len(charted) > MOST_DOTS,
        route_counts=Counter(trace.root_name for trace in everything if trace.root_name),
        variant_counts=Counter(
            named[trace.trace_id] for trace in everything if trace.trace_id in named
        ),
    )


def _page(form: SearchForm, listed: Listed, problems: Mapping[str, str]) -> str:
    store, service = get_store(), form.query.service
    return render_template(
        "search.html",
        query=form.query,
        fields=form.fields,
        kept={name: text for name, text in form.fields.items() if text and name != "trace"},
        problems=problems,
        listed=listed,
        recent=[] if listed.traces else recent_traces(store),
        services=reader.services(store),
        operations=reader.operations(store, service) if service else [],
        orders=ORDERS,
        lookbacks=LOOKBACKS,
        stored=reader.stored_span_count(store),
        class_names=CLASS_NAMES,
        # Nothing is judged where no trace has enough spans.
        fewest_spans=FEWEST_SPANS if judges() else sys.maxsize,
        judges=judges(),
    )


def _refuse_other_sites() -> None:
    """Keep other sites' pages from filling the store: browsers say where a form comes from."""
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise Forbidden("only this server's own page can upload traces")
