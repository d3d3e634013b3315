"""Compare what this detector says of the labelled traces with what others say of the same.

Three rules are written down in nplusone/tests/corpus/rules.py. The other detectors were run as they
are, by `make rivals`, and their answers are kept; nplus1 and queryspy watch programs in Python, and
answer for those whose libraries they know. Faults are counted by statement, whatever their class.
"""

from nplusone.tests.corpus import score
from nplusone.tests.corpus.cases import CASES, IN_DOUBT
from nplusone.tests.corpus.clients import PROGRAMS
from nplusone.tests.corpus.rivals.verdicts import said_by_rivals

TARGETS = {"precision": "1", "recall": "1"}
Table = dict[str, dict[str, float | int]]


def measure() -> dict[str, float | int | Table]:
    """Score all rules, and each rival next to this detector on the traces that it was given."""
    ours = score.ours("as recorded")
    rules = {name: score.compare(said, CASES) for name, said in score.RULES.items()}
    table = {name: _row(len(CASES), found) for name, found in rules.items()}
    for scores in score.against_rivals().values():
        rival = next(iter(scores))
        traces, asked = len(said_by_rivals()[rival]), f"where {rival.partition(' ')[0]} was asked"
        for name, found in scores.items():
            table[name if name == rival else f"{name}, {asked}"] = _row(traces, found)
    return {
        "traces": len(CASES) + len(IN_DOUBT),
        "in_doubt": len(IN_DOUBT),
        "languages": len({program.language for program in PROGRAMS}),
        "clients": len({program.client for program in PROGRAMS}),
        "precision": ours.precision,
        "recall": ours.recall,
        "verdicts": table,
    }


def _row(traces: int, found: score.Score) -> dict[str, float | int]:
    return {
        "traces": traces,
        "found": found.found,
        "false": found.false,
        "missed": found.missed,
        "precision": found.precision,
        "recall": found.recall,
    }
