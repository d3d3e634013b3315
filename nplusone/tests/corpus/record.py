"""`make corpus`: run the programs, and keep what they send.

Each runs in a process of its own: instrumentations are process-wide, and so is the choice of the
semantic conventions.
"""

import subprocess
import sys

from nplusone.tests.corpus.cases import CASES
from nplusone.tests.corpus.recording import TRACES


def main() -> int:
    """Record everything anew; what is no case any more is removed."""
    TRACES.mkdir(exist_ok=True)
    for program in dict.fromkeys(case.program for case in CASES):
        print(f"recording {program} …", flush=True)
        subprocess.run(
            [sys.executable, "-m", f"nplusone.tests.corpus.programs.{program}"], check=True
        )
    known = {f"{case.name}.json.gz" for case in CASES}
    for path in TRACES.glob("*.json.gz"):
        if path.name not in known:
            path.unlink()
    missing = known - {path.name for path in TRACES.iterdir()}
    if missing:
        print(f"not recorded: {', '.join(sorted(missing))}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
