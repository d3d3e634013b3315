"""Test that a flag file is taken whole and valid, or refused with its place and a reason."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.flags.evaluation import TEMPLATE
from clinic.flags.file import audience_percent, parse, strategy_in_force
from clinic.flags.strict_json import MAX_BYTES, FlagFileError
from clinic.stories.strategies import STRATEGIES
from tests.clinic.flag_files import AUDIENCE, STRATEGY, document, with_audience, with_strategy

ABSENT = object()


def changed(path: list[str], value: object) -> bytes:
    """Return the template with one value replaced, added or taken away."""
    whole = document()
    inner: Any = whole
    for key in path[:-1]:
        inner = inner[key]
    if value is ABSENT:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return json.dumps(whole).encode()


def refusal(data: bytes) -> str:
    with pytest.raises(FlagFileError) as caught:
        parse(data, STRATEGIES)
    return str(caught.value)


def test_template_is_valid_and_lets_everybody_in() -> None:
    flags = parse(TEMPLATE.read_bytes(), STRATEGIES)

    assert strategy_in_force(flags) == "naive"
    assert audience_percent(flags) == 100


def test_strategy_is_read_through_its_variant() -> None:
    flags = parse(with_strategy("core"), STRATEGIES)

    assert strategy_in_force(flags) == "core"


@pytest.mark.parametrize(
    ("weights", "percent"),
    [
        ([["on", 5], ["off", 95]], 5),
        ([["on", 1], ["off", 199]], 0.5),
        ([["off", 1], ["on", 3]], 75),
        ([["on", 0], ["off", 1]], 0),
        ([["on", 7]], 100),
    ],
)
def test_audience_is_the_share_of_the_weights(weights: list[object], percent: float) -> None:
    flags = parse(with_audience(weights), STRATEGIES)

    assert audience_percent(flags) == percent


@pytest.mark.parametrize(("variant", "percent"), [("on", 100), ("off", 0)])
def test_audience_without_targeting_is_all_or_nobody(variant: str, percent: float) -> None:
    whole = document()
    whole["flags"][AUDIENCE] |= {"defaultVariant": variant, "targeting": {}}

    assert audience_percent(parse(json.dumps(whole).encode(), STRATEGIES)) == percent


def test_switched_off_audience_is_what_the_code_does_without_it() -> None:
    flags = parse(changed(["flags", AUDIENCE, "state"], "DISABLED"), STRATEGIES)

    assert audience_percent(flags) == 100


def test_other_flags_are_left_aside() -> None:
    flags = parse(changed(["flags", "somebody-elses"], {"state": "broken"}), STRATEGIES)

    assert set(flags) == {STRATEGY, AUDIENCE}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "line 1 column 1: the file is empty"),
        (b" \n", "line 1 column 1: the file is empty"),
        (b"{not json", "line 1 column 2: Expecting property name"),
        (b'{"flags":\n  {"a": 1,}}', "line 2 column"),
        (b'{"flags": {}} more', "line 1 column 15: Extra data"),
        (b'{"flags": {', "line 1 column 12"),
        (b'{\n "flags": "\xff"}', "line 2 column 12: byte 0xff is not UTF-8"),
        (b'\xef\xbb\xbf{"flags": {}}', "line 1 column 1: Unexpected UTF-8 BOM"),
        (b'{"flags": {"a": 1, "a": 2}}', '$.flags: the key "a" appears twice'),
        (b'{"x": [0, {"b": 1, "b": 1}]}', '$.x[1]: the key "b" appears twice'),
        (b'{"flags": NaN}', "NaN is not a JSON number"),
        (b'{"flags": ' + b"9" * 5000 + b"}", "$: "),
        (b"[" * 100_000, "nested too deeply"),
        (b" " * (MAX_BYTES + 1), "larger than 1,048,576 bytes"),
        (b"[]", "$: [] is not an object"),
        (b"null", "$: null is not an object"),
        (b"{}", "$: is empty"),
        (b'{"flag": {}}', '$: lacks the key "flags"'),
        (b'{"flags": {}}', "$.flags: is empty"),
        (b'{"flags": []}', "$.flags: [] is not an object"),
    ],
)
def test_file_that_holds_no_flags_is_refused(data: bytes, words: str) -> None:
    assert words in refusal(data)


@pytest.mark.parametrize("flag", [STRATEGY, AUDIENCE])
@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("state", ABSENT, "state: null is neither ENABLED nor DISABLED"),
        ("state", "enabled", 'state: "enabled" is neither'),
        ("variants", ABSENT, "variants: null is not an object"),
        ("variants", {}, "variants: is empty"),
        ("variants", ["naive"], 'variants: ["naive"] is not an object'),
        ("defaultVariant", ABSENT, "defaultVariant: null is not one of the variants"),
        ("defaultVariant", "Naive", 'defaultVariant: "Naive" is not one of the variants'),
        ("defaultVariant", ["naive"], 'defaultVariant: ["naive"] is not one of the variants'),
        ("defaultVariant", True, "defaultVariant: true is not one of the variants"),
        ("targeting", [], "targeting: [] is not an object"),
        ("targeting", {"if": [True, "typo"]}, 'may hold "fractional" and nothing else'),
        ("targeting", {"$ref": "everybody"}, 'may hold "fractional" and nothing else'),
    ],
)
def test_flag_with_a_wrong_field_is_refused(flag: str, key: str, value: object, words: str) -> None:
    message = refusal(changed(["flags", flag, key], value))

    assert message.startswith(f"$.flags.{flag}.")
    assert words in message


@pytest.mark.parametrize("flag", [STRATEGY, AUDIENCE])
def test_missing_flag_is_named(flag: str) -> None:
    assert refusal(changed(["flags", flag], ABSENT)) == f'$.flags: lacks the flag "{flag}"'


@pytest.mark.parametrize("value", ["magic", "", "Core", None, 1, ["core"]])
def test_variant_that_is_no_strategy_is_refused(value: object) -> None:
    message = refusal(changed(["flags", STRATEGY, "variants", "core"], value))

    assert message.startswith(f"$.flags.{STRATEGY}.variants.core: ")
    assert "is not a strategy; use one of naive, identity_map" in message


@pytest.mark.parametrize("value", ["on", "true", 1, 0, None])
def test_audience_is_true_or_false(value: object) -> None:
    message = refusal(changed(["flags", AUDIENCE, "variants", "on"], value))

    assert "variants.on: " in message
    assert "is neither true nor false" in message


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([], "fractional: [] is not a list"),
        ([["on", 0], ["off", 0]], "fractional: the weights sum to 0"),
        ([["on", 2**31]], "fractional: the weights sum to 2147483648"),
        ([["on", -5], ["off", 105]], "fractional[0][1]: -5 is not a weight"),
        ([["on", 5.0], ["off", 95]], "fractional[0][1]: 5.0 is not a weight"),
        ([["on", "5"], ["off", 95]], 'fractional[0][1]: "5" is not a weight'),
        ([["on", True], ["off", 95]], "fractional[0][1]: true is not a weight"),
        ([["on", 5], ["of", 95]], 'fractional[1][0]: "of" is not one of the variants on, off'),
        ([["on", 5], [None, 95]], "fractional[1][0]: null is not one of the variants"),
        ([["on"], ["off"]], 'fractional[0]: ["on"] is not [variant, weight]'),
        ([["on", 5, 5]], "fractional[0]: "),
        ([{"var": "email"}, ["on", 5]], 'fractional[0]: {"var": "email"} is not'),
    ],
)
def test_fraction_that_is_none_is_refused(weights: list[object], words: str) -> None:
    assert words in refusal(with_audience(weights))


@given(st.binary(max_size=300))
def test_bytes_are_valid_flags_or_refused_and_nothing_else(data: bytes) -> None:
    with pytest.raises(FlagFileError):
        parse(data, STRATEGIES)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(flag=st.sampled_from([STRATEGY, AUDIENCE]), field=st.text(max_size=8), value=JSON)
def test_any_value_in_any_field_is_taken_or_refused_and_nothing_else(
    flag: str, field: str, value: object
) -> None:
    for path in (["flags"], ["flags", flag], ["flags", flag, "variants", field]):
        try:
            flags = parse(changed(path, value), STRATEGIES)
        except FlagFileError as error:
            assert str(error).startswith(("$", "line"))
        else:
            assert strategy_in_force(flags) in STRATEGIES
            assert 0 <= audience_percent(flags) <= 100
