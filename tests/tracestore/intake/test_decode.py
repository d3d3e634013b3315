from tests.tracestore.samples import request, span
from tracestore.intake.decode import decode_spans


def test_spans_without_an_end_are_looked_at_one_by_one() -> None:
    spans = [span(1, statement="SELECT 1"), span(2)]
    for one in spans:
        one.end_time_unix_nano = 0
        one.attributes.add(key="zeros").value.bytes_value = bytes(8)

    (source,) = decode_spans(request(spans)).sources

    assert [row.is_statement for row in source.spans] == [True, False]
