"""The list of traces, at the address that Jaeger's UI has, and what every page shares."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import Forbidden, RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from tracestore import reader
from tracestore.errors import InvalidBodyError, MalformedParameterError, StoreUnavailableError
from tracestore.scatter import scatter
from tracestore.search_form import LOOKBACKS, ORDERS, parse_search_form
from tracestore.spans import decode_spans
from tracestore.store import Store
from tracestore.upload import read_upload
from tracestore.writer import write_spans


def create_blueprint(store: Store) -> Blueprint:
    """/search and /upload, out of and into `store`."""
    blueprint = Blueprint("pages", __name__)
    page_errors(blueprint)

    @blueprint.get("/")
    def index() -> AnyResponse:
        return redirect(url_for("pages.search"))

    @blueprint.get("/search")
    def search() -> str:
        form = parse_search_form(request.args)
        traces = reader.find_traces(store, form.query)
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
        )

    @blueprint.post("/upload")
    def upload() -> AnyResponse:
        _refuse_other_sites()
        file = request.files.get("file")
        if file is None or not file.filename:
            raise MalformedParameterError("file", "choose a file to upload")
        decoded = decode_spans(read_upload(file.read()))
        if not decoded.sources:
            raise InvalidBodyError(decoded.reason or "there is no span in the file")
        write_spans(store, decoded.sources)
        trace_ids = {span.trace_id for source in decoded.sources for span in source.spans}
        if len(trace_ids) > 1:
            return redirect(url_for(".search", sort="newest"), 303)
        return redirect(url_for("trace_pages.trace", trace_id=trace_ids.pop().hex()), 303)

    return blueprint


def page_errors(blueprint: Blueprint) -> None:
    """Give a blueprint's errors a page."""

    @blueprint.errorhandler(MalformedParameterError)
    def malformed(error: MalformedParameterError) -> Response:
        return error_page("That cannot be read", str(error), 400)

    @blueprint.errorhandler(InvalidBodyError)
    def invalid(error: InvalidBodyError) -> Response:
        return error_page("That file cannot be read", str(error), 400)

    @blueprint.errorhandler(RequestEntityTooLarge)
    def too_large(_: RequestEntityTooLarge) -> Response:
        return error_page("That file is too large", "Send it by OTLP in several parts.", 413)

    @blueprint.errorhandler(StoreUnavailableError)
    def unavailable(_: StoreUnavailableError) -> Response:
        return error_page("The store cannot be used now", "Try again in a moment.", 503)


def error_page(title: str, message: str, http_code: int) -> Response:
    """A page that says what is wrong, with the way back to the list."""
    return make_response(render_template("error.html", title=title, message=message), http_code)


def _refuse_other_sites() -> None:
    """A page of somebody else's must not fill the store: browsers say where a form comes from."""
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise Forbidden("traces can be uploaded from this server's own page only")
