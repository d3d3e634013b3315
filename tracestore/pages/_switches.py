"""Find when a feature flag was switched, from what the traces say of themselves.

The traces of one route, by their start; the workers of a service follow a flag one after another:

    naive naive naive core naive core core core core
                                 └ switched to core: from here on three in a row
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tracestore.store.search import TraceSummary

_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class Switch:
    """Say when a route went over to another variant."""

    at_nano: int
    variant: str


def find_switches(traces: Sequence[TraceSummary], variants: Mapping[bytes, str]) -> list[Switch]:
    """Return the switches of every route, the first one first."""
    by_route: dict[tuple[str, str], list[Switch]] = {}
    for trace in sorted(traces, key=lambda trace: trace.start_time_unix_nano):
        variant = variants.get(trace.trace_id)
        if variant:
            route = by_route.setdefault((trace.root_service, trace.root_name), [])
            route.append(Switch(trace.start_time_unix_nano, variant))
    found = [switch for route in by_route.values() for switch in _switches(route)]
    return sorted(found, key=lambda switch: switch.at_nano)


def _switches(seen: Sequence[Switch]) -> Iterator[Switch]:
    settled = seen[0].variant
    for index, one in enumerate(seen):
        following = {other.variant for other in seen[index : index + _IN_A_ROW]}
        if one.variant != settled and following == {one.variant}:
            settled = one.variant
            yield one
