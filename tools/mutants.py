"""Change the rooms that decide, line by line, and count the changes that their tests notice.

mutmut makes the changes and runs the tests. It works on a copy of the tree in var/mutants, made for
what it leaves out: functions with a decorator are written without one there (`f = decorator(f)`),
and the limits outside functions (`MAX_SPANS = 200_000`) are halved by this script.
"""

import argparse
import ast
import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parent.parent
SCRATCH = ROOT / "var" / "mutants"
# mutmut takes a module's name from its path.
_PACKAGES = {"nplusone/src/": "", "service/clinic/": "clinic/"}
_SOME = (
    "not jaeger and not fuzz and not browser and not postgres and not distribution "
    "and not programs and not commands"
)
# They take seconds, and a survivor runs all tests: they ask how the work grows, and whether what
# others find in a trace stays the same when it arrives in another way.
_LONG = [
    "core/test_fingerprint.py::test_a_quarter_million_characters_of_nonsense_are_read",
    "core/test_fingerprint.py::test_any_text_has_a_fingerprint",
    "core/test_detect.py::test_twice_the_faults_of_a_request_cost_twice_the_work",
    "core/test_detect.py::test_no_span_tree_makes_it_raise_or_depend_on_order",
    "core/test_verdicts.py::test_a_verdict_is_the_same_however_the_trace_arrives",
    "corpus/test_corpus.py::test_precision_and_recall_are_one_whatever_happens_to_the_spans",
    "corpus/test_corpus.py::test_no_rival_finds_what_is_missed_here",
]
# nplusone has settings of its own, which pytest would take.
_PYTEST_ARGS = ["-c", "pyproject.toml", "-p", "without_caches", "-m", _SOME]
_PYTEST_ARGS += [f"--deselect=nplusone/tests/{test}" for test in _LONG]
# mutmut forks for each mutant: what is cached by then was answered by the code as it stands. It
# gives the tests in no order: those that took longer in its first run come last.
_WITHOUT_CACHES = """
import functools, gc, json, pathlib

def pytest_collection_modifyitems(items):
    stats = pathlib.Path("mutmut-stats.json")
    if stats.exists():
        seconds = json.loads(stats.read_text())["duration_by_test"]
        items.sort(key=lambda item: seconds.get(item.nodeid, 0) > 0.05)

def pytest_collection_finish(session):
    found = [o for o in gc.get_objects() if isinstance(o, functools._lru_cache_wrapper)]
    session.config.caches = [o for o in found if o.__module__.split(".")[0] in PACKAGES]

def pytest_runtest_setup(item):
    for cache in item.config.caches:
        cache.cache_clear()
"""
# A mutant that never ends is given up after this many times the seconds that its tests take.
_TIMES_AS_LONG = 8.0
_MUTMUT = str(Path(sys.executable).with_name("mutmut"))
_DIFFS = """
import json, sys
from mutmut.mutation.diff_apply import get_diff_for_mutant
print(json.dumps({name: get_diff_for_mutant(name) for name in sys.argv[1:]}))
"""


@dataclass(frozen=True, slots=True)
class Room:
    """Name the files that are changed together, and the tests that are to notice."""

    name: str
    mutate: list[str]
    tests: list[str]


@dataclass(frozen=True, slots=True)
class Harmless:
    """Say why a survivor whose lines match is not a gap in the tests.

    An equivalent one answers as the code does, whatever is asked: no test could notice it.
    """

    why: str
    pattern: str
    same_but_for_case: bool = False
    equivalent: bool = False

    def explains(self, survivor: "Survivor") -> bool:
        """Return whether this is the reason why a mutant survived."""
        if self.same_but_for_case and survivor.before.lower() != survivor.after.lower():
            return False
        return re.search(self.pattern, str(survivor)) is not None


@dataclass(frozen=True, slots=True)
class Survivor:
    """Hold a change that no test noticed."""

    name: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.name}\n  - {self.before}\n  + {self.after}"


@dataclass(slots=True)
class Score:
    """Count a room's mutants; a test that never ends has noticed, too."""

    killed: int = 0
    survivors: list[Survivor] = field(default_factory=list)
    seconds: float = 0

    @property
    def total(self) -> int:
        return self.killed + len(self.survivors)


def main(arguments: Sequence[str]) -> int:
    """Run the rooms that are asked for; return 1 if a survivor has no reason."""
    config = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
    rooms = [Room(**room) for room in config["rooms"]]
    harmless = [Harmless(**reason) for reason in config["harmless"]]
    parser = argparse.ArgumentParser(description=__doc__, usage="make mutants MUTANTS_ARGS='store'")
    parser.add_argument("room", nargs="*", help=f"of {', '.join(room.name for room in rooms)}")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at a time")
    parser.add_argument(
        "--again", action="store_true", help="take over what the last run killed; try the others"
    )
    asked = parser.parse_args(arguments)
    unexplained = 0
    for room in rooms:
        if not asked.room or room.name in asked.room:
            unexplained += _report(room, _run(room, asked.jobs, again=asked.again), harmless)
    return 1 if unexplained else 0


def _run(room: Room, jobs: int, *, again: bool) -> Score:
    begin = time.monotonic()
    folder = SCRATCH / room.name
    killed = _killed_before(folder) if again else {}
    _copy_tree(room, folder)
    for path, result in killed.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(result)
    score = Score()
    for path in _mutated(room, folder):
        path.write_text(undecorated(path.read_text()))
    _in(folder, _MUTMUT, "run", "--max-children", str(jobs))
    results = _in(folder, _MUTMUT, "results", "--all", "true").splitlines()
    statuses = [line.strip().partition(": ")[::2] for line in results if ": " in line]
    noticed = ("killed", "timeout", "segfault")
    survived = [name for name, status in statuses if status not in noticed]
    score.killed += len(statuses) - len(survived)
    score.survivors += _survivors(folder, survived)
    for path in _mutated(room, folder):
        _halve_limits(room, folder, path, score)
    score.seconds = time.monotonic() - begin
    return score


def _killed_before(folder: Path) -> dict[Path, str]:
    """Return mutmut's results of the last run, also of one that was stopped, without survivors.

    mutmut itself tries the mutants of a function again whose text has changed since.
    """
    results = {}
    for path in folder.glob("mutants/**/*.meta"):
        result = json.loads(path.read_text())
        codes = result["exit_code_by_key"].items()
        result["exit_code_by_key"] = {name: code if code == 1 else None for name, code in codes}
        results[path] = json.dumps(result)
    return results


def _report(room: Room, score: Score, harmless: Sequence[Harmless]) -> int:
    """Print a room's figures and survivors by reason; return how many have none."""
    reasons: Counter[Harmless] = Counter()
    unexplained = []
    for survivor in score.survivors:
        why = next((reason for reason in harmless if reason.explains(survivor)), None)
        if why is None:
            unexplained.append(survivor)
        else:
            reasons[why] += 1
    different = score.total - sum(n for reason, n in reasons.items() if reason.equivalent)
    print(
        f"{room.name}: {score.killed} of {score.total} mutants killed in {score.seconds:.0f} s,"
        f" {score.killed / different:.1%} of the {different} that are not equivalent"
    )
    for reason, count in reasons.most_common():
        print(f"  {count:3} survive: {reason.why}")
    for survivor in unexplained:
        print(survivor)
    return len(unexplained)


def _copy_tree(room: Room, folder: Path) -> None:
    """Copy what git knows or would add, with every package at the top, and mutmut's settings."""
    shutil.rmtree(folder, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file() and not name.startswith("var/"):
            target = folder / _at_top(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
    mutate = [_at_top(pattern) for pattern in room.mutate]
    sources = sorted({pattern.partition("/")[0] for pattern in mutate})
    plugin = _WITHOUT_CACHES.replace("PACKAGES", repr(sources))
    (folder / "without_caches.py").write_text(plugin)
    others = sorted(path.name for path in folder.iterdir() if path.name not in sources)
    settings = {
        "source_paths": sources,
        "only_mutate": mutate,
        "also_copy": others,
        "pytest_add_cli_args_test_selection": room.tests,
        "pytest_add_cli_args": _PYTEST_ARGS,
        "timeout_multiplier": _TIMES_AS_LONG,
    }
    with (folder / "pyproject.toml").open("a") as file:
        file.write(
            "\n[tool.mutmut]\nuse_git_change_detection = false\ntrack_dependencies = false\n"
        )
        file.writelines(f"{key} = {value!r}\n" for key, value in settings.items())


def _at_top(name: str) -> str:
    for prefix, instead in _PACKAGES.items():
        if name.startswith(prefix):
            return instead + name.removeprefix(prefix)
    return name


def _mutated(room: Room, folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*.py")):
        name = str(path.relative_to(folder))
        if any(fnmatch.fnmatch(name, _at_top(pattern)) for pattern in room.mutate):
            yield path


def undecorated(text: str) -> str:
    """Rewrite `@decorator` above a function as a call below it, where mutmut does not mind it."""
    lines = text.splitlines(keepends=True)
    tree = ast.parse(text)
    holders: list[ast.Module | ast.ClassDef] = [tree]
    holders.extend(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    functions = [node for holder in holders for node in holder.body if _is_decorated(node)]
    for node in sorted(functions, key=lambda node: -node.lineno):
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        call = node.name
        for decorator in reversed(node.decorator_list):
            call = f"({ast.unparse(decorator)})({call})"
        lines.insert(node.end_lineno or 0, f"{' ' * node.col_offset}{node.name} = {call}\n")
        first = node.decorator_list[0].lineno
        del lines[first - 1 : node.lineno - 1]
    return "".join(lines)


def _is_decorated(node: ast.stmt) -> bool:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    names = [ast.unparse(decorator) for decorator in node.decorator_list]
    return bool(names) and not any(
        name in ("staticmethod", "classmethod") or name.endswith((".setter", "overload"))
        for name in names
    )


def _halve_limits(room: Room, folder: Path, path: Path, score: Score) -> None:
    """Halve each number that a name outside functions stands for, and count what is noticed."""
    text = path.read_text()
    for value in limits(ast.parse(text)):
        before = ast.get_source_segment(text, value) or ""
        after = f"({before}) / 2" if "." in before else f"({before}) // 2 or 1"
        lines = text.encode().splitlines(keepends=True)
        line = lines[value.lineno - 1]
        at, end = value.col_offset, value.end_col_offset
        lines[value.lineno - 1] = line[:at] + after.encode() + line[end:]
        path.write_bytes(b"".join(lines))
        if _is_noticed(room, folder):
            score.killed += 1
        else:
            name = f"{path.relative_to(folder)}:{value.lineno}"
            score.survivors.append(Survivor(name, line.decode().strip(), after))
    path.write_text(text)


def limits(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the numbers that names outside functions stand for: `MAX = 64 * 1024`."""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for node in chain(tree.body, *(holder.body for holder in classes)):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            leaves = [leaf for leaf in ast.walk(node.value) if not list(ast.iter_child_nodes(leaf))]
            numbers = [leaf for leaf in leaves if isinstance(leaf, ast.Constant)]
            operators = [leaf for leaf in leaves if isinstance(leaf, ast.operator)]
            if len(numbers) + len(operators) == len(leaves) and all(
                type(number.value) in (int, float) for number in numbers
            ):
                yield node.value


def _is_noticed(room: Room, folder: Path) -> bool:
    command = [sys.executable, "-m", "pytest", "-x", "-q", *_PYTEST_ARGS, *room.tests]
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True).returncode != 0


def _in(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def _survivors(folder: Path, names: Sequence[str]) -> Iterator[Survivor]:
    # `mutmut show` would load everything anew for each of them.
    for name, diff in json.loads(_in(folder, sys.executable, "-c", _DIFFS, *names)).items():
        changes = [line for line in diff.splitlines() if re.match(r"[-+](?![-+]{2})", line)]
        before, after = (
            " ".join(line[1:].strip() for line in changes if line[0] == sign) for sign in "-+"
        )
        yield Survivor(name, before, after)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
