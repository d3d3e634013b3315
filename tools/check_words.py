"""Check the words of the tree: `python tools/check_words.py`.

Every docstring begins with a verb, as `tools/verbs.txt` lists them, and no text has a phrase that
is unusual English. Both are habits of CONTRIBUTING.md that ruff and codespell cannot hold: ruff's
D401 takes any word that it does not know for a verb, and reads functions alone.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VERBS = frozenset((PROJECT / "tools" / "verbs.txt").read_text(encoding="utf-8").split())
# A phrase, and what to write in its place; a comment's mark may stand where its line breaks.
_PHRASES = {
    r"beside": "next to, or and",
    r"(?<!there)_(?:is|are)_(?:no|none)(?!_(?:longer|more))": "is not, or are not",
    r"of_before": "earlier, or old",
    r"so_many": "the number, or its name",
    r"as_good_as": "almost, or like",
}
_BETWEEN = r"[\s#>*]+"
_UNUSUAL = {
    re.compile(rf"(?<!\w){phrase.replace('_', _BETWEEN)}(?!\w)", re.IGNORECASE): advice
    for phrase, advice in _PHRASES.items()
}
