"""Say what is to be played: the phases, and the choices of whoever plays them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from incident.errors import IncidentError
from incident.replay.phases import Phase, Role
from incident.stack.places import OPEN

MOST_LATENCY_MS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Hold the phases with all that they depend on.

    `seconds` gives single phases a length of their own, in seconds; the others have `pace_s` times
    their own. `users` are those of a closed loop, `visitors_per_second` the rate of an open one.
    """

    phases: tuple[Phase, ...]
    before: str = "naive"
    half: str = "selectin"
    fix: str = "core"
    pace_s: float = 20.0
    seconds: Mapping[str, float] = field(default_factory=dict)
    loop: str = OPEN
    users: int = 30
    visitors_per_second: float = 20.0
    dataset: str = "demo"
    clinics: int = 5
    seed: int = 1
    command: str = "incident replay"

    def strategy(self, phase: Phase) -> str:
        """Return the strategy that a phase runs under."""
        return {Role.BEFORE: self.before, Role.HALF: self.half, Role.FIX: self.fix}[phase.role]

    def length_s(self, phase: Phase) -> float:
        """Return how long a phase is watched."""
        return self.seconds.get(phase.name, self.pace_s * phase.length)

    @property
    def patience(self) -> int:
        """Return how many times as long as usual requests are waited for.

        A request of `prod` sends 50 times the statements, and eight of them share one core: all
        take two minutes, and the visitors in the queue come after them.
        """
        return 5 if self.dataset == "prod" else 1

    @property
    def strategies(self) -> tuple[str, ...]:
        """Return every strategy that is switched to, the first phase's last."""
        first, *others = map(self.strategy, self.phases)
        others += [self.before, self.fix] if any(p.name == "proof" for p in self.phases) else []
        return (*dict.fromkeys(one for one in others if one != first), first)


def parse_latency(text: str) -> float:
    """Read "2ms" or a number of ms, up to "1s"; raise IncidentError unless it is one."""
    found = re.fullmatch(r"(\d+(?:\.\d{1,3})?)\s*(ms|s)?", text.strip())
    wait_ms = float(found[1]) * (1_000 if found[2] == "s" else 1) if found else -1.0
    if not 0 <= wait_ms <= MOST_LATENCY_MS:
        raise IncidentError(f"--db-latency={text!r} is not a time from 0 to 1s; say 2ms.")
    return wait_ms


def parse_time(text: str, option: str) -> float:
    """Read "20s", "1m", "500ms" or a number of seconds; raise IncidentError unless it is one."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m)?", text.strip())
    seconds = float(found[1]) * {"ms": 0.001, "m": 60.0}.get(found[2], 1.0) if found else 0.0
    if not 1 <= seconds <= 3600:
        raise IncidentError(f"{option}={text!r} is not a time from 1s to 60m; say 20s or 1m.")
    return seconds
