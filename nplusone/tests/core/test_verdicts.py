"""Hold the verdicts on traces that are hard to judge, however their spans arrive."""

import pytest

from nplusone.tests.core.hard_cases import REPORTED, SAME, SIBLINGS, N, Verdict, drawn, load
from nplusone.tests.corpus.mutations import LOOSE, MUTATIONS
from nplusone.tests.corpus.recording import TRACES
from nplusone.tests.traces import Drawing
from otel_nplusone._core.detect import find_n_plus_one
from otel_nplusone._core.model import Trace


def verdict(*traces: Trace) -> Verdict:
    findings = [found for trace in traces for found in find_n_plus_one(trace)]
    return [(f.what.repeat_class.value, f.what.statement, f.what.repeats) for f in findings]


def agree(found: Verdict, expected: Verdict) -> bool:
    """Tell whether each finding is one that is expected, in any order."""
    return len(found) == len(expected) and all(
        any(f[0] == e[0] and e[1] in f[1] and f[2] == e[2] for f in found) for e in expected
    )


def test_every_reported_trace_has_its_verdict() -> None:
    files = {path.stem for path in (TRACES.parent / "reported").glob("*.json")}

    assert files == set(REPORTED)


@pytest.mark.parametrize("name", REPORTED)
def test_a_reported_trace_gets_its_verdict(name: str) -> None:
    found = verdict(*load(name))

    assert agree(found, REPORTED[name]), found


@pytest.mark.parametrize("name", SIBLINGS)
def test_a_sibling_gets_its_verdict(name: str) -> None:
    found = verdict(drawn(name))

    assert agree(found, SIBLINGS[name][1]), found


@pytest.mark.parametrize("most", range(19, 36))
def test_a_text_that_is_cut_anywhere_behind_its_table_has_unknown_values(most: int) -> None:
    d = Drawing()
    d.many(d.server(), ["SELECT cat.name FROM cat WHERE cat.id = 1 "[:most]] * 6)

    found = verdict(d.trace())

    assert [f[0] for f in found] == [SAME if most == len("SELECT cat.name FROM cat") else N]


@pytest.mark.parametrize("name", [*REPORTED, *SIBLINGS])
def test_a_verdict_is_the_same_however_the_trace_arrives(name: str) -> None:
    for trace in load(name) if name in REPORTED else [drawn(name)]:
        for mutation in MUTATIONS.keys() - LOOSE:
            arrived = Trace(trace.trace_id, tuple(MUTATIONS[mutation](trace.spans)))

            assert sorted(verdict(arrived)) == sorted(verdict(trace)), mutation
