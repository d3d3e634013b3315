import pytest

from tests.tracestore.conftest import Write
from tests.tracestore.samples import MS, START, request, span
from tracestore.store.database import Store
from tracestore.store.dependencies import DependencyLink, find_dependencies

LINK = DependencyLink("cat-clinic", "cat-clinic", 1)


@pytest.mark.parametrize(
    ("start", "end", "links"), [(-1, 1, [LINK]), (0, 1, []), (-1, 0, []), (1, 2, [])]
)
def test_only_traces_between_the_two_times_count(
    store: Store, write: Write, start: int, end: int, links: list[DependencyLink]
) -> None:
    write(request([span(1, ms=10), span(2, parent=1)]))

    assert find_dependencies(store, START + start, START + 10 * MS + end) == links
