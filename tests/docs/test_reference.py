"""Test that docs/reference names what there is, and that its figures are measured ones."""

import argparse
import gzip
import re
from pathlib import Path

import pytest

import otel_nplusone
from nplusone.tests.corpus.cases import CASES, IN_DOUBT
from nplusone.tests.corpus.clients import PROGRAMS
from nplusone.tests.corpus.score import RULES, against_rivals, compare
from otel_nplusone._cli import diff_command, scan_command

PROJECT = Path(__file__).resolve().parents[2]
REFERENCE = PROJECT / "docs" / "reference"
CORPUS = PROJECT / "nplusone" / "tests" / "corpus"


def page(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text(encoding="utf-8")


def test_every_option_of_scan_and_diff_is_described() -> None:
    subparsers = argparse.ArgumentParser().add_subparsers()
    scan_command.add_parser(subparsers)
    diff_command.add_parser(subparsers)
    options = {
        text
        for parser in subparsers.choices.values()
        for action in parser._actions
        for text in action.option_strings
    }

    described = set(re.findall(r"--[a-z-]+", page("scan").partition("## Options")[2]))
    assert options - described == {"-h", "--help"}


def test_every_public_module_is_on_the_page_of_the_api() -> None:
    package = Path(otel_nplusone.__file__).parent
    public = {path.stem for path in package.glob("*.py") if not path.stem.startswith("_")}

    described = set(re.findall(r"automodule:: otel_nplusone\.(\w+)", page("api")))
    assert described == public - {"version"}  # one string, promised as __version__


@pytest.mark.parametrize("rule", RULES)
def test_the_figures_of_a_rule_are_those_of_the_corpus(rule: str) -> None:
    score = compare(RULES[rule], CASES)

    row = f"{rule} | {score.found} | {score.false} | {score.precision:.2f} | {score.recall:.2f} |"
    assert f"| {row}\n" in page("rules")
    assert f"found of {score.found + score.missed}" in page("rules")


def test_the_figures_of_libraries_that_watch_are_those_of_their_answers() -> None:
    lines = page("rules").splitlines()
    for title, scores in against_rivals().items():
        name, found = next(iter(scores.items()))
        faults = found.found + found.missed

        (row,) = [line for line in lines if line.startswith(f"| {name}")]
        assert f"| {found.found} of {faults} | {found.false} | {found.missed} |" in row
        assert f"| {title.split(', ')[1].split()[0]} |" in row


def test_the_corpus_is_as_large_as_its_description_says() -> None:
    languages = len({program.language for program in PROGRAMS})
    clients = len({(program.language, program.client) for program in PROGRAMS})
    near_misses = sum(not case.faults for case in CASES)
    reported = len(list((CORPUS / "reported").glob("*.json")))

    text = " ".join(page("rules").split())
    assert f"{reported} traces rebuilt after public reports" in text
    assert (
        f"{len(CASES)} traces recorded from real programs in {languages} languages, "
        f"with {clients} client libraries" in text
    )
    assert f"{near_misses} of them are near misses" in text
    assert f"{len(IN_DOUBT)} more traces are in doubt" in text
    assert f"does on {len(CASES)} recorded traces" in " ".join(
        (PROJECT / "nplusone" / "README.md").read_text(encoding="utf-8").split()
    )


def test_the_example_for_python_prints_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = (CORPUS / "traces" / "clinic_naive.json.gz").read_bytes()
    (tmp_path / "traces.jsonl").write_bytes(gzip.decompress(recorded))
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", page("scan"), re.DOTALL)

    exec(compile(example, "scan.md", "exec"), {})

    assert "GET /api/success-stories SELECT cat.id" in capsys.readouterr().out
