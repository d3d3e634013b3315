"""Write what is found now into expected.toml: `python -m tests.programs.record NAME…`.

For a new version of a program: what has changed is read in the difference that git shows. The
comment, the mends and the reasons of the file are kept; a new finding that the mends do not touch
asks for a reason.
"""

import sys
import tempfile
from pathlib import Path

from harness.parts.start import start_tracestore
from harness.processes import Processes
from tests.programs.expected import FOLDER, Found, expectation_of, found_in, written
from tests.programs.programs import PROGRAMS
from tests.programs.watching import Watching, statements_of

_HEADING = "[[finding]]"


def main(names: list[str]) -> None:
    """Record these programs, or all of them."""
    with tempfile.TemporaryDirectory() as folder, Processes(Path(folder)) as processes:
        store = start_tracestore(processes, Path(folder) / "traces.db")
        watching = Watching(store, Path(folder))
        for name in names or PROGRAMS:
            record(name, watching)


def record(name: str, watching: Watching) -> None:
    """Write the findings of one program behind what its file has before them."""
    path = FOLDER / name / "expected.toml"
    reasons = {one.found.kind: one.unmended for one in expectation_of(name).findings}
    left = {found.kind for found in found_in(watching.report(name, mended=True))}

    def further(one: Found) -> dict[str, object]:
        if one.kind in left:
            return {"unmended": reasons.get(one.kind) or "say why"}
        return {"statements": statements_of(watching.compared(name, one.route))}

    findings = [written(one, **further(one)) for one in found_in(watching.report(name))]
    head = path.read_text(encoding="utf-8").partition(_HEADING)[0].rstrip()
    path.write_text("\n\n".join([head, "\n".join(findings)]), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
