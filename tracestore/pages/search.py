"""Show the list of traces, at the address that Jaeger's UI has, and take files."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as AnyResponse

from tracestore.current import get_store
from tracestore.errors import InvalidBodyError
from tracestore.findings import CLASS_NAMES, FEWEST_SPANS
from tracestore.intake.take import take_upload
from tracestore.pages._scatter import scatter
from tracestore.pages._search_form import LOOKBACKS, ORDERS, parse_search_form
from tracestore.store import reader
from tracestore.store.search import find_traces

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def index() -> AnyResponse:
    return redirect(url_for(".search"))


@blueprint.get("/search")
def search() -> str:
    store = get_store()
    form = parse_search_form(request.args)
    traces = find_traces(store, form.query)
    service = form.query.service
    return render_template(
        "search.html",
        query=form.query,
        fields=form.fields,
        traces=traces,
        scatter=scatter(traces) if len(traces) > 1 else None,
        services=reader.services(store),
        operations=reader.operations(store, service) if service else [],
        orders=ORDERS,
        lookbacks=LOOKBACKS,
        stored=reader.stored_span_count(store),
        class_names=CLASS_NAMES,
        fewest_spans=FEWEST_SPANS,
    )


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


def _refuse_other_sites() -> None:
    """Keep other sites' pages from filling the store: browsers say where a form comes from."""
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise Forbidden("only this server's own page can upload traces")
