"""Test that a span's own part is cut from its bytes, or parsed from unusual ones."""

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tracestore.api._span_bytes import FIELDS, split

TIMES = st.integers(0, 2**64 - 1)
SPANS = st.builds(
    Span,
    trace_id=st.binary(min_size=16, max_size=16),
    span_id=st.binary(min_size=8, max_size=8),
    parent_span_id=st.sampled_from([b"", b"12345678", b"\x2a\x01a\x39\x30\x41\x22\x08"]),
    trace_state=st.sampled_from(["", "vendor=1"]),
    name=st.text(max_size=200),
    kind=st.integers(0, 5),
    start_time_unix_nano=TIMES,
    end_time_unix_nano=TIMES,
    flags=st.integers(0, 2**32 - 1),
    dropped_attributes_count=st.integers(0, 3),
)


@given(SPANS)
def test_both_parts_together_are_the_span(span: Span) -> None:
    *own, rest = split(span.SerializeToString())

    assert own == [getattr(span, name) for name in FIELDS]
    common = Span.FromString(rest)
    assert {field.name for field, _ in common.ListFields()}.isdisjoint(FIELDS)
    for name, value in zip(FIELDS, own, strict=True):
        setattr(common, name, value)
    assert common == span


def test_spans_that_differ_in_ids_and_times_alone_have_the_same_rest() -> None:
    first, second = (
        Span(
            trace_id=bytes([number]) * 16,
            span_id=bytes([number]) * 8,
            parent_span_id=bytes([number]) * 8,
            name="SELECT cat",
            kind=Span.SPAN_KIND_CLIENT,
            start_time_unix_nano=number,
            end_time_unix_nano=number + 1,
        )
        for number in (1, 2)
    )

    assert split(first.SerializeToString())[-1] == split(second.SerializeToString())[-1]


def test_name_that_looks_like_times_is_left_alone() -> None:
    name = "9abcdefghA12345678"
    span = Span(trace_id=bytes(16), span_id=bytes(8), name=name, start_time_unix_nano=7)

    *_, start, end, rest = split(span.SerializeToString())

    assert (start, end) == (7, 0)
    assert Span.FromString(rest).name == name


def test_span_without_times_is_parsed() -> None:
    span = Span(trace_id=b"t" * 16, span_id=b"s" * 8, name="GET /")

    own = split(span.SerializeToString())

    assert own == (b"t" * 16, b"s" * 8, b"", 0, 0, Span(name="GET /").SerializeToString())
