"""Say where an exercise keeps what it needs, and what it has drawn."""

import json
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from exercise.draw import Draw, draw
from exercise.errors import ExerciseError
from harness.project import PROJECT

TEMPLATE = PROJECT / "exercise" / "answer_template.py"
ANSWER = PROJECT / "exercise" / "answer.py"


@dataclass(frozen=True, slots=True)
class State:
    """Hold which exercise is set, and how many hints have been taken."""

    seed: int
    source: str = ""
    hints: int = 0

    @property
    def drawn(self) -> Draw:
        return draw(self.seed, self.source)


@dataclass(frozen=True, slots=True)
class Folder:
    """Name the files of exercises; `answer` is the learner's, and is never written over."""

    path: Path
    answer: Path = ANSWER

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def traces(self) -> Path:
        return self.path / "traces.db"

    @property
    def state_file(self) -> Path:
        return self.path / "state.json"

    def seeded(self, dataset: str) -> Path:
        """Return where a dataset is kept as it was seeded."""
        return self.path / f"seeded-{dataset}.db"

    def state(self) -> State:
        """Return which exercise is set; raise ExerciseError if none is."""
        try:
            found = json.loads(self.state_file.read_text(encoding="utf-8"))
            return State(int(found["seed"]), str(found["source"]), int(found["hints"]))
        except FileNotFoundError as error:
            raise ExerciseError("No exercise is set: start one with `make exercise`.") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ExerciseError(
                f"{self.state_file} cannot be read: remove it, and start `make exercise` again."
            ) from error

    def keep(self, state: State) -> None:
        """Write down which exercise is set."""
        self.path.mkdir(parents=True, exist_ok=True)
        temporary = self.state_file.with_suffix(".new")
        temporary.write_text(json.dumps(asdict(state)), encoding="utf-8")
        temporary.replace(self.state_file)

    def begin(self, seed: int, source: str) -> State:
        """Set an exercise; the hints of the same one stay taken."""
        new = State(seed, source)
        try:
            old = self.state()
        except ExerciseError:
            old = new
        state = replace(new, hints=old.hints if (old.seed, old.source) == (seed, source) else 0)
        self.keep(state)
        return state

    def lay_out_answer(self) -> bool:
        """Create the learner's file from the template; return False if there is one already."""
        if self.answer.exists():
            return False
        self.answer.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(TEMPLATE, self.answer)
        return True

    def put_answer_away(self) -> Path | None:
        """Rename the learner's file, if there is one, and return its new name."""
        if not self.answer.exists():
            return None
        number = 1
        while (kept := self.answer.with_name(f"answer-{number}.py")).exists():
            number += 1
        self.answer.rename(kept)
        return kept
