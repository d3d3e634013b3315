"""Define the morning: its phases, in order, as data that a teacher drops, adds to and reorders."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from incident.errors import IncidentError


class Scene(Enum):
    """Say how a phase is played."""

    QA = "a tester reads pages of the dataset `test`, on a clinic of their own"
    WATCH = "visitors come, and what they see is measured"
    DIAGNOSIS = "visitors come, and the traces of the last minute are asked"
    PROOF = "before and after in turn, then the highest rate of each"


class Role(Enum):
    """Say which of the chosen strategies a phase runs under."""

    BEFORE = "before"
    HALF = "half"
    FIX = "fix"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Hold one part of the story: what happens, what is to be seen, and how it is played.

    `length` is in units of --pace, `workers` in units of what the service starts with.
    """

    name: str
    title: str
    text: str
    to_see: str
    role: Role = Role.BEFORE
    scene: Scene = Scene.WATCH
    audience_percent: float = 100
    workers: int = 1
    length: float = 1


PHASES: Sequence[Phase] = (
    Phase(
        name="qa",
        title="QA",
        text="One tester reads the new page, with three clinics and fifty people.",
        to_see="The page is quick. The detector sees already that it grows with the data.",
        scene=Scene.QA,
        length=0.4,
    ),
    Phase(
        name="canary",
        title="Canary",
        text="The usual visitors come; one in twenty gets the new page.",
        to_see="The averages stay green. The slowest pages and their traces do not.",
        audience_percent=5,
    ),
    Phase(
        name="launch",
        title="Launch",
        text="Everybody gets the new page.",
        to_see="One core is busy, every page is slow, health checks too, and no request fails.",
    ),
    Phase(
        name="hardware",
        title="More hardware",
        text="Somebody doubles the workers.",
        to_see="The machine is full, and the page is still slow: capacity was not the problem.",
        workers=2,
    ),
    Phase(
        name="diagnosis",
        title="Diagnosis",
        text="Somebody asks the traces of the last minute.",
        to_see="The route, the statement, how often it repeats, its line and its loop, in seconds.",
        scene=Scene.DIAGNOSIS,
        length=0.25,
    ),
    Phase(
        name="half",
        title="Half a fix",
        text="A flag loads the rows in a few statements, and still makes an object of each.",
        to_see="Few statements, and a busy service: counting statements is not everything.",
        role=Role.HALF,
    ),
    Phase(
        name="fix",
        title="Fix",
        text="A flag reads what the page shows in one statement.",
        to_see="The page recovers within seconds, without a restart and without a failed request.",
        role=Role.FIX,
    ),
    Phase(
        name="proof",
        title="Proof",
        text="The load of the launch again, before and after in turn; then how much each can take.",
        to_see="The same difference each time, and the rate at which each page gives in.",
        scene=Scene.PROOF,
    ),
)
NAMES = tuple(phase.name for phase in PHASES)


def choose(text: str, phases: Sequence[Phase] = PHASES) -> tuple[Phase, ...]:
    """Return the phases that a text like "launch,fix" names, in that order; an empty one is all.

    Raises IncidentError if one is unknown or is there twice.
    """
    known = {phase.name: phase for phase in phases}
    names = [name.strip() for name in text.split(",") if name.strip()] or list(known)
    for name in names:
        if name not in known:
            raise IncidentError(
                f"--phases={text!r}: {name!r} is not a phase; there are {', '.join(known)}."
            )
        if names.count(name) > 1:
            raise IncidentError(
                f"--phases={text!r}: {name!r} is there twice; name each phase once."
            )
    return tuple(known[name] for name in names)
