"""Read the values that were recorded with a statement, in whatever form.

    db.statement.parameters   "(7, 'Tom')", "['7', 2]", '{"id": 7}', or an array of texts
    db.query.parameter.0      "7"

What is hidden (`['?', '?']`, `[REDACTED]`), cut off or missing is unknown: that is not "the same".
"""

import re
from collections.abc import Mapping

from otel_nplusone._core.semconv import PARAMETERS, QUERY_PARAMETER

# What stands for a value that was taken out; bare, some of the words are values as well.
HIDDEN = r"redacted|masked|obfuscated|sanitized|omitted|hidden|filtered|removed|x{3,}"
_HIDDEN_VALUE = re.compile(
    rf"""(?:^|[\[({{,:=]) \s* ["']?
         (?: \?{{1,9}} | \*{{2,99}} | redacted | masked | obfuscated | x{{3,99}}
           | [\[<*(]{{1,3}} (?:{HIDDEN}) [\])>*]{{1,3}} )
         ["']? \s* (?:$|[\])}},])""",
    re.IGNORECASE | re.VERBOSE,
)
_CUT = re.compile(r"""(?:\.\.\.|…)["']?[\])}]*$""")
_SEARCHED = 4_096
_NO_VALUES = frozenset({"", "()", "[]", "{}", "None", "null", "undefined"})
_CLOSED_BY = {"[": "]", "(": ")", "{": "}"}


def parameters(attributes: Mapping[str, object]) -> str | None:
    """Return the values that were recorded with a statement, as one text; None if unknown."""
    for key in PARAMETERS:
        if attributes.get(key) is not None:
            return _list(_text(attributes[key]).strip())
    found = sorted(
        (key, None if value is None else _value(_text(value)))
        for key, value in attributes.items()
        if key.startswith(QUERY_PARAMETER)
    )
    return str(found) if found and all(value is not None for _, value in found) else None


def _text(value: object) -> str:
    """Write a list as the SDK's tuples are written, however it came."""
    return str(tuple(value) if isinstance(value, list) else value)


def _list(text: str) -> str | None:
    end = _CLOSED_BY.get(text[:1], "")
    return _value(text) if text not in _NO_VALUES and text.endswith(end) else None


def _value(text: str) -> str | None:
    is_known = not _CUT.search(text[-9:]) and not _HIDDEN_VALUE.search(text, 0, _SEARCHED)
    return text if is_known else None
