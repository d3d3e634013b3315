import math
from typing import Any

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList

from tracestore.store.values import as_text, plain, plain_attributes

LIST = AnyValue(array_value=ArrayValue(values=[AnyValue(int_value=1), AnyValue(string_value="é")]))
MAP = AnyValue(
    kvlist_value=KeyValueList(
        values=[
            KeyValue(key="ids", value=LIST),
            KeyValue(key="raw", value=AnyValue(bytes_value=b"\x00\xff")),
        ]
    )
)


@pytest.mark.parametrize(
    ("value", "converted", "text"),
    [
        (AnyValue(string_value="Tom"), "Tom", "Tom"),
        (AnyValue(int_value=-(2**63)), -(2**63), "-9223372036854775808"),
        (AnyValue(bool_value=False), False, "false"),
        (AnyValue(double_value=0.1), 0.1, "0.1"),
        (AnyValue(double_value=3.0), 3.0, "3"),
        (AnyValue(double_value=math.inf), None, "inf"),
        (AnyValue(double_value=math.nan), None, "nan"),
        (AnyValue(bytes_value=b"\x00\xff"), "00ff", "AP8="),
        (AnyValue(), None, ""),
        (LIST, [1, "é"], '[1,"é"]'),
        (MAP, {"ids": [1, "é"], "raw": "00ff"}, '{"ids":[1,"é"],"raw":"00ff"}'),
    ],
    ids=str,
)
def test_each_kind_of_value_has_a_plain_form_and_a_text(
    value: AnyValue, converted: Any, text: str
) -> None:
    assert plain(value) == converted
    assert as_text(value) == text


def test_of_a_repeated_key_the_last_value_wins() -> None:
    twice = [KeyValue(key="cat", value=AnyValue(string_value=name)) for name in ("Tom", "Kit")]

    assert plain_attributes(twice) == {"cat": "Kit"}
