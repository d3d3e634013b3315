"""Judge a repair: what its page lists, what it sends as data grows, how long it takes, the rest.

small data   with the answer   ┐ statements: the same for both
large data   with the answer   ┘ ┐ the list: the oracle's, also after the data has changed
large data   with the fault      ┘ p95: a share of this one's; other pages as they are here
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from exercise import clinics, oracle
from exercise.answers import Answer
from exercise.draw import Draw
from exercise.grade import load
from exercise.grade.listing import difference, items
from exercise.grade.marks import Mark
from exercise.lesson import Lesson
from exercise.places import Folder
from harness.clients.clinic import ClinicClient, Page
from harness.errors import ChildDied, ClinicError, DeadlinePassed
from harness.parts.start import Clinic
from harness.processes import Processes

SMALL, LARGE = "test", "demo"
# An IN takes 500 keys at a time, and one more statement for the next 500.
FEW_MORE = 2
# Of another page: what a busy machine adds by itself.
SLACK, SLACK_MS = 2.0, 40.0
POINTS = {"content": 20, "statements": 15, "p95": 15, "other pages": 10}
QUIET = {"OTEL_SDK_DISABLED": "true"}
CHANGES = (
    "UPDATE cat SET name = name || ' II'",
    "UPDATE person SET surname = surname || ' II'",
)
REFUSED = {
    "WEB_CONCURRENCY": "More workers buy time with hardware; each page costs what it did before, "
    "and the database still gets every statement",
    "CLINIC_THREADS": "More threads share the one core that is busy already",
}


@dataclass(frozen=True, slots=True)
class Trial:
    """Hold the clinics that are compared, and their databases."""

    small: Clinic
    large: Clinic
    faulty: Clinic
    small_data: Path
    large_data: Path
    registry: str


def judge(folder: Folder, processes: Processes, drawn: Draw, answer: Answer) -> list[Mark]:
    """Return the marks of a repair; a repair that cannot be tried is wrong in all of them."""
    lesson = drawn.lesson
    if answer.repairs_nothing:
        return _all_wrong("The answer repairs nothing yet.")
    for name in answer.settings:
        if name not in lesson.settings:
            reason = REFUSED.get(name, f"{name} has nothing to do with this fault")
            return _all_wrong(f"{reason}: take {name} out of SETTINGS.")
    try:
        trial = _start(folder, processes, drawn, answer)
        content = _content(trial, lesson)
        if not content.right:
            return [content, *_not_tried("The page is wrong: how quick it is does not matter.")]
        return [content, _statements(trial, lesson), _p95(trial, lesson), _others(trial, lesson)]
    except ChildDied as error:
        return _all_wrong(f"The clinic does not start with this answer. {error}")
    except (ClinicError, DeadlinePassed) as error:
        return _all_wrong(f"The clinic stops answering with this answer. {error}")


def _all_wrong(says: str) -> list[Mark]:
    return [Mark("content", POINTS["content"], False, says), *_not_tried("not tried.")]


def _not_tried(says: str) -> list[Mark]:
    return [Mark(name, points, False, says) for name, points in POINTS.items() if name != "content"]


def _start(folder: Folder, processes: Processes, drawn: Draw, answer: Answer) -> Trial:
    lesson = drawn.lesson
    data = {name: folder.path / "check" / f"{name}.db" for name in ("small", "large", "faulty")}
    repaired = (*lesson.prepare, *answer.indexes)
    for name, dataset, statements in (
        ("small", SMALL, repaired),
        ("large", LARGE, repaired),
        ("faulty", LARGE, lesson.prepare),
    ):
        clinics.seed(folder.seeded(dataset), dataset)
        clinics.lay_out(folder.seeded(dataset), data[name], statements)
    registry = clinics.start_registry(processes) if lesson.asks_registry else ""
    started = {
        name: clinics.start(
            processes,
            drawn,
            path,
            name=f"check-{name}",
            answer=None if name == "faulty" else answer,
            environ=QUIET | ({"EXERCISE_REGISTRY": registry} if registry else {}),
        )
        for name, path in data.items()
    }
    return Trial(**started, small_data=data["small"], large_data=data["large"], registry=registry)


def _content(trial: Trial, lesson: Lesson) -> Mark:
    says = ""
    for clinic, data in ((trial.small, trial.small_data), (trial.large, trial.large_data)):
        says = says or _listed_wrong(clinic, data, lesson)
    if not says:
        _change(trial.large_data)
        # What was read last comes first now: between the two lies less than what a cache keeps.
        after = _listed_wrong(trial.large, trial.large_data, lesson, last_first=True)
        says = after and (
            "after the data has changed the page still shows what it showed before: a cache hides "
            f"the cost, and what it hides is old. It {after}"
        )
    right = not says
    told = "the page lists what the database holds, also after it has changed." if right else says
    return Mark("content", POINTS["content"], right, told)


def _listed_wrong(clinic: Clinic, data: Path, lesson: Lesson, *, last_first: bool = False) -> str:
    """Return what is wrong with the first page that lists anything wrong."""
    with closing(sqlite3.connect(data)) as database, ClinicClient(clinic.url) as client:
        targets = list(lesson.targets(database))
        for target in reversed(targets) if last_first else targets:
            expected = lesson.expected(database, target)
            page = client.send(lesson.method, lesson.path(target))
            if page.status != 200:
                return (
                    f"{page.url} is answered with {page.status}: a page that is gone, or fails, "
                    "is not a page that is quick."
                )
            if wrong := difference(items(page.body), expected):
                return f"{page.url} {wrong}."
    return ""


def _change(data: Path) -> None:
    with closing(sqlite3.connect(data, timeout=20)) as database:
        for statement in CHANGES:
            database.execute(statement)
        database.commit()


def _statements(trial: Trial, lesson: Lesson) -> Mark:
    few = _most_statements(trial, trial.small, trial.small_data, lesson)
    many = _most_statements(trial, trial.large, trial.large_data, lesson)
    right = many <= few + FEW_MORE
    what = "statements and calls" if trial.registry else "statements"
    says = f"{few} {what} with little data, {many} with much"
    wrong = "the number grows with the data, and the data grows every day."
    if lesson.index and right and not _is_indexed(trial.large_data, *lesson.index):
        table, column = lesson.index
        right, wrong = False, f"and each still reads all of {table}: no index leads with {column}."
    return Mark(
        "statements", POINTS["statements"], right, f"{says}." if right else f"{says}: {wrong}"
    )


def _most_statements(trial: Trial, clinic: Clinic, data: Path, lesson: Lesson) -> int:
    """Return the most that a page sends: SQL, and calls of the registry where there is one."""

    def calls() -> int:
        return clinics.calls_of(trial.registry) if trial.registry else 0

    most = 0
    with closing(sqlite3.connect(data)) as database, ClinicClient(clinic.url) as client:
        for target in lesson.targets(database):
            before = calls()
            page = client.send(lesson.method, lesson.path(target))
            most = max(most, (page.statements or 0) + calls() - before)
    return most


def _is_indexed(data: Path, table: str, column: str) -> bool:
    with closing(sqlite3.connect(data)) as database:
        names = [row[1] for row in database.execute(f"PRAGMA index_list({table})")]
        first = [database.execute(f'PRAGMA index_info("{name}")').fetchone()[2] for name in names]
    return column in first


def _p95(trial: Trial, lesson: Lesson) -> Mark:
    with closing(sqlite3.connect(trial.large_data)) as database:
        paths = [lesson.path(target) for target in lesson.targets(database)]

    def fine(before: float, after: float) -> bool:
        return after <= lesson.share * before

    before, after = load.both_ms(
        trial.faulty.url, trial.large.url, lesson.method, paths, fine=fine, rounds=2
    )
    right = fine(before, after)
    says = (
        f"{after:.0f} ms, and {before:.0f} ms with the fault; the objective is "
        f"{lesson.share:.0%} of that."
    )
    return Mark("p95", POINTS["p95"], right, says)


def _others(trial: Trial, lesson: Lesson) -> Mark:
    """Judge the pages that have no fault: none may send more, take longer or be gone."""
    with closing(sqlite3.connect(trial.large_data)) as database:
        name, owner = oracle.clinic_names(database)[0], oracle.owner_ids(database)[0]
    pages = {
        "/": "/",
        "/success-stories": oracle.of_clinic("/success-stories", name),
        "/veterinarians": oracle.of_clinic("/veterinarians", name),
        "/owners": oracle.of_clinic("/owners", name),
        "/owners/<uuid:owner_id>": oracle.of_owner(owner),
    }
    for route, path in pages.items():
        if route != lesson.route and (wrong := _worse(trial, path)):
            return Mark("other pages", POINTS["other pages"], False, f"{route} {wrong}.")
    return Mark("other pages", POINTS["other pages"], True, "none is slower than before.")


def _worse(trial: Trial, path: str) -> str:
    before, after = _one(trial.faulty, path), _one(trial.large, path)
    if before.status != after.status:
        return f"is answered with {after.status}, and was with {before.status}"
    if (after.statements or 0) > (before.statements or 0):
        return f"sends {after.statements} statements, and sent {before.statements}"

    def fine(before: float, after: float) -> bool:
        return after <= SLACK * before + SLACK_MS

    before_ms, after_ms = load.both_ms(trial.faulty.url, trial.large.url, "GET", [path], fine=fine)
    if not fine(before_ms, after_ms):
        return f"takes {after_ms:.0f} ms at the 95th percentile, and took {before_ms:.0f} ms"
    return ""


def _one(clinic: Clinic, path: str) -> Page:
    with ClinicClient(clinic.url) as client:
        return client.get(path)
