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
    r"\bbeside": "next to, or and",
    r"(?<![Tt]here)(?<![\s#>*])_(?:is|are)_(?:no|none)(?!_(?:longer|more))": "is not, or are not",
    r"\bof_before": "earlier, or old",
    r"\bso_many": "the number, or its name",
    r"\bas_good_as": "almost, or like",
}
# What people write: not locks, recordings or pictures; this file and its test quote the phrases.
_PATHS = [
    *("*.py", "*.md", "*.y*ml", "*.toml", "*.html", "*.js", "*.css", "*.sql", "*.sh"),
    *("Makefile", ".ci", ":!tools/check_words.py", ":!tests/tools/test_check_words.py"),
]
# Its words do not follow yet.
_LATER = PROJECT / "nplusone/src/otel_nplusone/_core/tally.py"
_BETWEEN = r"[\s#>*]+"
_UNUSUAL = {
    re.compile(rf"{phrase.replace('_', _BETWEEN)}(?!\w)"): advice
    for phrase, advice in _PHRASES.items()
}


def main() -> int:
    """Print each fault with its file and line; return 1 if there is one."""
    found = [fault for path in _texts() for fault in faults(path)]
    print("\n".join(found), end="\n" if found else "", file=sys.stderr)
    return 1 if found else 0


def faults(path: Path) -> Iterator[str]:
    """Yield a line for each docstring without a verb in front, and for each unusual phrase."""
    text = path.read_text(encoding="utf-8")
    for pattern, advice in _UNUSUAL.items():
        for match in pattern.finditer(text):
            phrase = " ".join(match[0].split())
            yield f"{path}:{_line(text, match.start())}: {phrase!r}: say {advice}"
    if path.suffix == ".py":
        yield from _docstrings(path, ast.parse(text))


def _docstrings(path: Path, module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        docstring = ast.get_docstring(node)
        first = docstring.split(maxsplit=1)[0].rstrip(",:;.") if docstring else ""
        if docstring and first not in VERBS:
            yield (
                f"{path}:{node.body[0].lineno}: the docstring begins with {first!r}: begin with a "
                f"verb; if it is one, add it to tools/verbs.txt"
            )


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _texts() -> list[Path]:
    """Return the files of the tree that people write."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *_PATHS],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (PROJECT / name for name in listed.stdout.split("\0") if name)
    return [path for path in paths if path.is_file() and path != _LATER]


if __name__ == "__main__":
    sys.exit(main())
