"""Count which service calls which: the data of Jaeger's dependency graph."""

from dataclasses import dataclass

from tracestore.store.database import Store

# Only whole traces inside the range count, as in Jaeger's memory store. Spans are joined with
# their parents by operation, of which there are few; the services are named afterwards.
_LINKS = """
SELECT above.service, below.service, sum(calls.count)
FROM (
  SELECT parent.operation_id AS parent_id, child.operation_id AS child_id, count(*) AS count
  FROM trace t
  JOIN span child ON child.trace_id = t.trace_id
  JOIN span parent ON parent.trace_id = t.trace_id AND parent.span_id = child.parent_span_id
  WHERE t.start_time_unix_nano > :start AND t.end_time_unix_nano < :end
  GROUP BY parent.operation_id, child.operation_id
) calls
JOIN operation upper ON upper.operation_id = calls.parent_id
JOIN source above ON above.source_id = upper.source_id
JOIN operation lower ON lower.operation_id = calls.child_id
JOIN source below ON below.source_id = lower.source_id
GROUP BY above.service, below.service
ORDER BY above.service, below.service
"""


@dataclass(frozen=True, slots=True)
class DependencyLink:
    """Count the calls from one service to another, or to itself."""

    parent: str
    child: str
    call_count: int

    def as_object(self) -> dict[str, str | int]:
        """Return the link in Jaeger's JSON."""
        return {"parent": self.parent, "child": self.child, "callCount": self.call_count}


def find_dependencies(store: Store, start_nano: int, end_nano: int) -> list[DependencyLink]:
    """Count the calls of all traces between two times, in nanoseconds since the epoch."""
    with store.read() as connection:
        rows = connection.execute(_LINKS, {"start": start_nano, "end": end_nano})
        return [DependencyLink(*row) for row in rows]
