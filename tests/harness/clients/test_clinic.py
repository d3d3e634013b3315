"""Read what the clinic says of a page."""

from harness.clients.clinic import Page, server_timing

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
HEADER = (
    'db;dur=183.4;desc="512 statements", spans;desc="515", total;dur=240.1, '
    f'strategy;desc="naive", traceparent;desc="00-{TRACE_ID}-b7ad6b7169203331-01"'
)


def page(header: str) -> Page:
    return Page("/success-stories", 200, b"", server_timing(header), 1_000_000, 3_500_000)


def test_a_page_tells_statements_spans_strategy_and_trace() -> None:
    told = page(HEADER)

    assert (told.statements, told.spans, told.strategy) == (512, 515, "naive")
    assert told.trace_id == TRACE_ID
    assert told.elapsed_ms == 2.5


def test_a_page_of_something_else_tells_nothing() -> None:
    told = page("")

    assert (told.statements, told.spans, told.strategy, told.trace_id) == (None,) * 4
