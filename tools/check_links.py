"""Check the relative links of every tracked Markdown file: `python tools/check_links.py`.

A link may name a file or a folder of the repository, a heading, or both. Addresses of other hosts
are not asked for: the check works without a network and says the same every day.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
_LINK = re.compile(r"\]\(<?(?P<target>[^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
_CODE = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}\s+(?P<title>.+?)\s*#*$", re.MULTILINE)
_NOT_IN_ANCHOR = re.compile(r"[^\w\- ]")


def main() -> int:
    """Print each broken link with its file and line; return 1 if there is one."""
    broken = [fault for path in _markdown() for fault in faults(path)]
    print("\n".join(broken), end="\n" if broken else "", file=sys.stderr)
    return 1 if broken else 0


def faults(path: Path) -> Iterator[str]:
    """Yield a line for each relative link of a file that leads nowhere."""
    text = _without_code(path.read_text(encoding="utf-8"))
    for match in _LINK.finditer(text):
        target = match["target"]
        if re.match(r"[a-z][a-z+.-]*:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name) if name else path
        line = text.count("\n", 0, match.start()) + 1
        if not file.exists():
            yield f"{path}:{line}: {target}: there is no such file"
        elif anchor and file.suffix == ".md" and anchor not in anchors(file):
            yield f"{path}:{line}: {target}: {file.name} has no heading of that name"


@cache
def anchors(path: Path) -> frozenset[str]:
    """Return the anchors of a file's headings, as GitHub and MyST make them."""
    titles = _HEADING.finditer(_without_code(path.read_text(encoding="utf-8")))
    return frozenset(
        _NOT_IN_ANCHOR.sub("", match["title"].lower()).replace(" ", "-") for match in titles
    )


def _without_code(text: str) -> str:
    return _CODE.sub(lambda block: "\n" * block[0].count("\n"), text)


def _markdown() -> list[Path]:
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [PROJECT / name for name in tracked.stdout.split("\0") if name]


if __name__ == "__main__":
    sys.exit(main())
