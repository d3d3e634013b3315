"""Ask other detectors what they say of the corpus, and keep their answers: `make rivals`.

perf-sentinel reads the recorded traces, as Jaeger's JSON; PERF_SENTINEL is its binary, as
`cargo install perf-sentinel --version 0.7.8 --root FOLDER` makes it. It is AGPL: it is run, and
never part of this project. nplus1 and queryspy watch programs in Python while they run: those that
they know the libraries of are run under them. An answer is kept as the statements, by the names of
the labels; `make test-detector` compares it, without any of them.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nplusone.tests.corpus.cases import CASES
from nplusone.tests.corpus.clients import PROGRAMS
from nplusone.tests.corpus.naming import name_of
from nplusone.tests.corpus.rivals.verdicts import (
    PERF_SENTINEL,
    PYTHON,
    VERDICTS,
    WATCHERS,
    Verdicts,
)
from nplusone.tests.corpus.score import spans_of
from nplusone.tests.corpus.servers import missing_for, running_servers, variable_of
from nplusone.tests.formats import jaeger_json
from otel_nplusone._core.asked import asked
from otel_nplusone._core.calls import path_template
from otel_nplusone._core.fingerprint import fingerprint

_WATCHED = Path(__file__).with_name("watched.py")
_REPEATS = frozenset({"n_plus_one_sql", "redundant_sql", "n_plus_one_http", "redundant_http"})


def main(names: Sequence[str]) -> int:
    """Ask those of these names (without versions), or all; who is left out keeps old answers."""
    verdicts: Verdicts = json.loads(VERDICTS.read_text()) if VERDICTS.exists() else {}
    for name in (PERF_SENTINEL, *WATCHERS):
        if names and name.partition(" ")[0] not in names:
            continue
        binary = os.environ.get("PERF_SENTINEL") or shutil.which("perf-sentinel")
        if name == PERF_SENTINEL and not binary:
            print("left out: perf-sentinel, which is not on the PATH", file=sys.stderr)
            continue
        print(f"asking {name} …", flush=True)
        verdicts[name] = _perf_sentinel(str(binary)) if name == PERF_SENTINEL else _watched(name)
    VERDICTS.write_text(json.dumps(verdicts, indent=1, sort_keys=True) + "\n")
    return 0


def _perf_sentinel(binary: str) -> dict[str, list[str]]:
    """Give it all traces in one file, and find each answer's case by its trace."""
    said: dict[str, set[str]] = {case.name: set() for case in CASES}
    spans = {case.name: spans_of(case) for case in CASES}
    owners = {span.trace_id: case for case, those in spans.items() for span in those}
    names: dict[str, dict[str, str]] = defaultdict(dict)
    for case, those in spans.items():
        for span in those:
            found = asked(span)
            if found:
                names[case][_plain(found.statement.text)] = name_of(span)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(jaeger_json([span for those in spans.values() for span in those]), file)
        file.flush()
        command = [binary, "analyze", "--input", file.name, "--format", "json"]
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
    for finding in json.loads(answer.stdout)["findings"]:
        if finding["type"] in _REPEATS:
            case = owners[finding["trace_id"]]
            template = _template(finding)
            said[case].add(_name(names[case], template))
    return {case: sorted(statements) for case, statements in said.items()}


def _name(names: dict[str, str], template: str) -> str:
    """Return what the labels call a statement, by its verb alone where only one has that verb."""
    verb = template.partition(" ")[0]
    alike = {name for text, name in names.items() if text.partition(" ")[0] == verb}
    return names.get(template) or (alike.pop() if len(alike) == 1 else template)


def _template(finding: dict[str, Any]) -> str:
    text = str(finding["pattern"]["template"])
    if finding["type"].endswith("_http"):
        method, _, path = text.partition(" ")
        return _plain(f"{method} {path_template(path.replace('{id}', '1').replace('{uuid}', '1'))}")
    return _plain(fingerprint(text).text)


def _plain(text: str) -> str:
    """Leave out what differs by the writer: hosts, and of a statement all but its words."""
    method, _, rest = text.partition(" ")
    path = rest.rpartition(" ")[2]
    if path.startswith("/"):
        return f"{method} {path.partition('?')[0]}"
    return " ".join(re.findall(r"[A-Za-z_]+", text)).lower()


def _watched(name: str) -> dict[str, list[str]]:
    """Run the programs whose libraries it knows under it."""
    chosen = [program for program in PROGRAMS if program.name in WATCHERS[name].programs]
    runnable = [p for p in chosen if not any(map(missing_for, p.servers))]
    said: dict[str, list[str]] = {}
    with running_servers({server for p in runnable for server in p.servers}) as addresses:
        for program in runnable:
            wanted = {variable_of(s): addresses[variable_of(s)] for s in program.servers}
            answer = subprocess.run(
                [PYTHON, str(_WATCHED), name.partition(" ")[0], program.name],
                env=os.environ | wanted,
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            said |= json.loads(answer.stdout.splitlines()[-1])
    known = {case.name for case in CASES}
    return {case: statements for case, statements in said.items() if case in known}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
