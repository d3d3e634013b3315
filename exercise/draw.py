"""Draw an exercise from a seed: its fault, its decoy, and neutral names for the strategies."""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from exercise.lesson import NAMES, Lesson, load

# In the order of the clinic's strategies, before they are shuffled.
HERBS = (
    *("amber", "basil", "cedar", "dill", "elder", "fennel"),
    *("ginger", "hazel", "iris", "juniper", "kale"),
)
DECOYS = {
    "busy": "/veterinarians",
    "count": "/",
    "warning": "/owners",
}


@dataclass(frozen=True, slots=True)
class Draw:
    """Hold what a seed has drawn; `source` is a lesson's name or file."""

    seed: int
    source: str
    decoy: str
    herbs: tuple[str, ...]

    @property
    def lesson(self) -> Lesson:
        return load(self.source)

    def neutral(self, strategies: tuple[str, ...]) -> Mapping[str, str]:
        """Return the real names by their neutral ones."""
        return dict(zip(self.herbs, strategies, strict=False))


def draw(seed: int, source: str = "") -> Draw:
    """Draw from a seed, of the built-in lessons unless `source` names one."""
    chance = random.Random(f"exercise/{seed}")
    # Drawn in any case: who names what a seed has drawn gets the same decoy and names.
    by_chance = chance.choice(NAMES)
    drawn = source or by_chance
    route = load(drawn).route
    decoy = chance.choice([name for name, where in DECOYS.items() if where != route])
    herbs = list(HERBS)
    chance.shuffle(herbs)
    return Draw(seed, drawn, decoy, tuple(herbs))
