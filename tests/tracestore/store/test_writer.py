from pathlib import Path

from tests.tracestore.conftest import Write
from tests.tracestore.samples import TRACE, request, span
from tracestore.intake.decode import decode_spans
from tracestore.store import reader, search
from tracestore.store.database import Store
from tracestore.store.search import SearchQuery
from tracestore.store.writer import write_spans


def root_name(store: Store) -> str:
    summary = search.read_summary(store, TRACE)
    assert summary is not None
    return summary.root_name


def test_a_span_that_comes_again_changes_nothing(store: Store, write: Write) -> None:
    write(request([span(1), span(2, parent=1, statement="SELECT 1")]))

    again = write(request([span(1, ms=99), span(2, parent=1), span(3, parent=1, error=True)]))

    assert again == 1
    summary = search.read_summary(store, TRACE)
    assert summary is not None
    assert (summary.span_count, summary.statement_count, summary.error_count) == (3, 1, 1)
    assert reader.stored_span_count(store) == 3


def test_a_span_twice_in_one_request_is_stored_once(store: Store, write: Write) -> None:
    assert write(request([span(1), span(1)])) == 1
    assert reader.stored_span_count(store) == 1


def test_a_request_that_comes_again_stores_nothing(write: Write) -> None:
    both = request([span(1), span(1, trace_id=b"o" * 16), span(2, trace_id=b"o" * 16)])

    assert [write(both), write(both)] == [3, 0]


def test_children_that_come_before_their_root_find_their_trace(store: Store, write: Write) -> None:
    write(request([span(2, parent=1, start_ms=2, ms=3)]))
    without_root = search.read_summary(store, TRACE)
    write(request([span(1, name="GET /success-stories", ms=10)]))

    with_root = search.read_summary(store, TRACE)

    assert without_root is not None and with_root is not None
    assert (without_root.root_service, without_root.root_name) == ("", "")
    assert (with_root.root_service, with_root.root_name) == ("cat-clinic", "GET /success-stories")
    assert with_root.duration_nano == 10_000_000


def test_the_oldest_traces_leave_first(database: Path) -> None:
    with Store(database, max_spans=100) as store:
        for number in (3, 1, 2):  # by their start, not by their arrival
            spans = [
                span(n, trace_id=bytes([number]) * 16, start_ms=number * 1000) for n in range(1, 41)
            ]
            write_spans(store, decode_spans(request(spans)).sources)

        found = search.find_traces(store, SearchQuery())

        assert [trace.trace_id[0] for trace in found] == [3, 2]
        assert reader.stored_span_count(store) == 80


def test_services_and_operations_leave_with_their_last_trace(database: Path) -> None:
    with Store(database, max_spans=10) as store:
        old = [span(n, trace_id=b"o" * 16, name="old") for n in range(1, 9)]
        new = [span(n, trace_id=b"n" * 16, name="new", start_ms=9) for n in range(1, 9)]
        write_spans(store, decode_spans(request(old, service="gone")).sources)
        write_spans(store, decode_spans(request(new, service="here")).sources)

        assert reader.services(store) == ["here"]
        assert reader.operations(store, "gone") == []


def test_times_that_sqlite_cannot_hold_are_kept_in_the_span(store: Store, write: Write) -> None:
    late = span(1)
    late.end_time_unix_nano = 2**64 - 1

    write(request([late]))

    assert reader.read_trace(store, TRACE)[0].spans == [late.SerializeToString()]


def test_the_root_that_starts_first_names_the_trace(store: Store, write: Write) -> None:
    roots = [
        span(n, name=name, start_ms=at)
        for n, (name, at) in enumerate([("late", 9), ("first", 1), ("later", 5)], start=1)
    ]

    write(request(roots))

    assert root_name(store) == "first"


def test_the_root_that_arrived_first_keeps_naming_the_trace(store: Store, write: Write) -> None:
    write(request([span(1, name="arrived", start_ms=5)]))
    write(request([span(2, name="older", start_ms=1)]))

    assert root_name(store) == "arrived"


def test_past_the_limit_a_hundredth_more_is_freed(database: Path) -> None:
    with Store(database, max_spans=100) as store:
        counts = []
        for number in range(1, 102):
            one = span(1, trace_id=bytes([number]) * 16, start_ms=number)
            write_spans(store, decode_spans(request([one])).sources)
            counts.append(reader.stored_span_count(store))

    assert counts[-2:] == [100, 99]
