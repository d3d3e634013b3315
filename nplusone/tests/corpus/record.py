"""Run the programs and keep what they send: `make corpus`.

Each runs in a process of its own: instrumentations are process-wide, and so is the choice of the
semantic conventions. What this machine cannot run is left out, and its traces stay as they are.
`make corpus ONLY="gorm pgx"` records these alone.
"""

import os
import subprocess
import sys

from nplusone.tests.corpus.cases import ALL
from nplusone.tests.corpus.clients import JAVA, MONGO, PROGRAMS, PYTHON, Program
from nplusone.tests.corpus.collector import Collector, running_collector
from nplusone.tests.corpus.outside import build, missing_tools, record
from nplusone.tests.corpus.recording import TRACES
from nplusone.tests.corpus.servers import missing_for, running_servers, variable_of


def main(names: list[str]) -> int:
    """Record the programs of these names, or all; remove what is not a case any more."""
    TRACES.mkdir(exist_ok=True)
    chosen = [program for program in PROGRAMS if not names or program.name in names]
    left_out = _build(chosen)
    runnable = [program for program in chosen if not left_out.get(program.name)]
    servers = {server for program in runnable for server in program.servers}
    with running_collector() as collector, running_servers(servers) as addresses:
        for program in runnable:
            print(f"recording {program.name} …", flush=True)
            _record(program, collector, addresses)
    for name, reason in left_out.items():
        print(f"left out: {name}, for want of {reason}", file=sys.stderr)
    return _tidy()


def _build(chosen: list[Program]) -> dict[str, str]:
    """Build what can be built; return the programs that cannot run, and what each lacks."""
    languages = {program.language for program in chosen} - {PYTHON}
    if any(MONGO in program.servers for program in chosen):
        languages.add(JAVA)
    lacking = {language: ", ".join(missing_tools(language)) for language in sorted(languages)}
    for language, tools in lacking.items():
        if not tools:
            print(f"building the programs in {language} …", flush=True)
            build(language)
    left_out = {}
    for program in chosen:
        reasons = [lacking.get(program.language), *map(missing_for, program.servers)]
        if any(reasons):
            left_out[program.name] = ", ".join(filter(None, reasons))
    return left_out


def _record(program: Program, collector: Collector, addresses: dict[str, str]) -> None:
    cases = [case.name for case in ALL if case.program == program.name]
    wanted = {variable_of(server): addresses[variable_of(server)] for server in program.servers}
    if program.language != PYTHON:
        record(program, cases, collector, wanted)
        return
    module = f"nplusone.tests.corpus.programs.{program.name}"
    subprocess.run([sys.executable, "-m", module], check=True, env=os.environ | wanted)


def _tidy() -> int:
    known = {f"{case.name}.json.gz" for case in ALL}
    for path in TRACES.glob("*.json.gz"):
        if path.name not in known:
            path.unlink()
    missing = known - {path.name for path in TRACES.iterdir()}
    if missing:
        print(f"not recorded: {', '.join(sorted(missing))}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
