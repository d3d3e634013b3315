"""Read the roots of traces, and what tells the traces of one route apart.

An application that switches between ways to do the same names the way on the span of its request:
the clinic as `clinic.strategy`, others as the variant of a feature flag.
"""

from collections.abc import Iterable

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tracestore.store.database import Store
from tracestore.store.search import SUMMARY_COLUMNS, TraceSummary
from tracestore.store.variants import variant_of

# Without an error, and with a statement where the other trace has one: a page that was refused
# before it did anything does not count.
_LIKE = """
 WHERE s.service = :service AND o.name = :name AND t.trace_id != :trace_id
   AND t.error_count = 0 AND (t.statement_count > 0 OR :statements = 0)
 ORDER BY t.duration_nano
"""


def variants(store: Store, trace_ids: Iterable[bytes]) -> dict[bytes, str]:
    """Return the variant of each of these traces; those whose root names none are left out."""
    wanted = list(trace_ids)
    if not wanted:
        return {}
    sql = (
        "SELECT trace_id, body FROM span INDEXED BY span_root WHERE parent_span_id = x''"
        f" AND trace_id IN ({','.join('?' * len(wanted))})"
    )
    with store.read() as connection:
        rows = connection.execute(sql, wanted).fetchall()
    named = ((trace_id, variant_of(Span.FromString(body))) for trace_id, body in rows)
    return {trace_id: variant for trace_id, variant in named if variant}


def fastest_and_slowest_like(
    store: Store, trace: TraceSummary
) -> tuple[TraceSummary, TraceSummary] | None:
    """Return the extremes among the other traces of the same service and root; None without any."""
    parameters = {
        "service": trace.root_service,
        "name": trace.root_name,
        "trace_id": trace.trace_id,
        "statements": trace.statement_count,
    }
    with store.read() as connection:
        rows = [
            connection.execute(f"{SUMMARY_COLUMNS}{_LIKE}{order} LIMIT 1", parameters).fetchone()
            for order in ("", "DESC")
        ]
    fastest, slowest = (TraceSummary(*row) if row else None for row in rows)
    return (fastest, slowest) if fastest and slowest else None
