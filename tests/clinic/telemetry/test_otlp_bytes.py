"""Test that spans are encoded as the SDK encodes them, whatever is in them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import (
    Link,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
)

from clinic.telemetry.otlp_bytes import SpanEncoder

TEXTS = st.text(max_size=200)
NUMBERS = st.integers(-(2**63), 2**63 - 1)
SCALARS = st.one_of(TEXTS, st.booleans(), NUMBERS, st.floats(), st.binary(max_size=9))
VALUES: st.SearchStrategy[Any] = st.one_of(
    SCALARS,
    st.lists(TEXTS, max_size=3).map(tuple),
    st.dictionaries(TEXTS, TEXTS, max_size=2),
    st.none(),
)
# Few keys and a few values, so that equal ones come again; 1, 1.0 and True are equal.
ATTRIBUTES = st.dictionaries(
    st.one_of(st.sampled_from(["db.query.text", "server.port", "é"]), st.text(min_size=1)),
    st.one_of(st.sampled_from([0, 1, 1.0, True, False, "", "1", "SELECT 1"]), VALUES),
    max_size=8,
)
STATES = st.one_of(st.none(), st.just(TraceState()), st.just(TraceState([("vendor", "opaque")])))
CONTEXTS = st.builds(
    SpanContext,
    st.one_of(st.sampled_from([1, 2]), st.integers(1, 2**128 - 1)),
    st.integers(1, 2**64 - 1),
    st.booleans(),
    st.just(TraceFlags(1)),
    STATES,
)
RESOURCES = st.builds(
    Resource,
    st.dictionaries(st.text(min_size=1, max_size=9), st.one_of(TEXTS, NUMBERS), max_size=2),
    st.sampled_from(["", "https://opentelemetry.io/schemas/1.30.0"]),
)
SCOPES = st.one_of(
    st.none(),
    st.builds(
        InstrumentationScope,
        TEXTS,
        st.one_of(st.none(), TEXTS),
        st.one_of(st.none(), TEXTS),
        st.one_of(st.none(), ATTRIBUTES),
    ),
)
TIMES = st.one_of(st.none(), st.integers(0, 2**64 - 1))
STATUSES = st.one_of(
    st.just(Status(StatusCode.UNSET)),
    st.just(Status(StatusCode.OK)),
    TEXTS.map(lambda text: Status(StatusCode.ERROR, text)),
)
EVENTS = st.lists(st.builds(Event, TEXTS, ATTRIBUTES, st.integers(0, 2**63)), max_size=1)
LINKS = st.lists(st.builds(Link, CONTEXTS, ATTRIBUTES), max_size=1)


@st.composite
def batches(draw: st.DrawFn) -> list[ReadableSpan]:
    """Make a batch whose spans share resources and scopes, the same objects and equal ones."""
    resources = draw(st.lists(RESOURCES, min_size=1, max_size=2))
    scopes = draw(st.lists(SCOPES, min_size=1, max_size=2))
    spans = st.builds(
        ReadableSpan,
        name=st.one_of(st.sampled_from(["SELECT cat", ""]), TEXTS),
        context=CONTEXTS,
        parent=st.one_of(st.none(), CONTEXTS),
        resource=st.sampled_from(resources),
        attributes=st.one_of(st.none(), ATTRIBUTES),
        events=st.one_of(st.just(()), EVENTS),
        links=st.one_of(st.just(()), LINKS),
        kind=st.sampled_from(list(SpanKind)),
        status=STATUSES,
        start_time=TIMES,
        end_time=TIMES,
        instrumentation_scope=st.sampled_from(scopes),
    )
    return draw(st.lists(spans, max_size=6))


@given(batches(), batches())
def test_a_batch_has_the_bytes_of_the_sdks_own_encoder(
    first: list[ReadableSpan], second: list[ReadableSpan]
) -> None:
    encoder = SpanEncoder()

    for spans in (first, second, first):
        assert encoder.encode(spans) == encode_spans(spans).SerializeToString()


def test_an_attribute_without_utf8_is_left_out_as_the_sdk_does(
    caplog: pytest.LogCaptureFixture,
) -> None:
    context = SpanContext(1, 2, is_remote=False)
    span = ReadableSpan("x", context, attributes={"half": "\ud800", "whole": "a"}, start_time=1)

    encoded = SpanEncoder().encode([span])

    assert encoded == encode_spans([span]).SerializeToString()
    assert "half" in caplog.text
