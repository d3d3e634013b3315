"""Count what could not be read while the rest could: by kind, with the first place of each."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Skipped:
    """Count troubles, and remember where each kind was met first."""

    _counts: dict[str, int] = field(default_factory=dict)
    _places: dict[str, str] = field(default_factory=dict)
    _notes: list[str] = field(default_factory=list)

    def add(self, what: str, place: str, *, times: int = 1) -> None:
        """Count one more; `what` is a kind (`line that is not JSON`), `place` a file and line."""
        self._counts[what] = self._counts.get(what, 0) + times
        self._places.setdefault(what, place)

    def note(self, sentence: str) -> None:
        """Keep a sentence about what was not asked for, rather than skipped."""
        self._notes.append(sentence)

    def __len__(self) -> int:
        return sum(self._counts.values())

    def lines(self) -> list[str]:
        """Return a sentence for each kind, and the notes.

        `skipped 3 × line that is not JSON (first: a.jsonl:17)`
        """
        skipped = [
            f"skipped {count} × {what} (first: {self._places[what]})"
            for what, count in self._counts.items()
        ]
        return [*skipped, *self._notes]
