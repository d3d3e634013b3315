"""Start the clinic to edit its flags; lend the file and put it back."""

import json
import shutil
from pathlib import Path

import pytest

from harness.project import PROJECT
from incident.errors import FlagsError
from incident.stack import flags

TEMPLATE = PROJECT / "service" / "flags.json"


@pytest.fixture
def flags_file(tmp_path: Path) -> Path:
    return Path(shutil.copy(TEMPLATE, tmp_path / "flags.json"))


def strategy_in(path: Path) -> str:
    document = json.loads(path.read_text(encoding="utf-8"))
    return str(document["flags"]["success-stories-strategy"]["defaultVariant"])


def test_a_strategy_is_switched_and_the_one_before_returned(flags_file: Path) -> None:
    before = flags.switch(flags_file, "core")

    assert before == "naive"
    assert strategy_in(flags_file) == "core"


def test_what_the_clinic_refuses_is_an_error_in_its_words(flags_file: Path) -> None:
    with pytest.raises(FlagsError, match=r"^--strategy='fast' does not exist.*core") as refused:
        flags.switch(flags_file, "fast")

    assert refused.value.exit_code == 2
    assert strategy_in(flags_file) == "naive"


@pytest.mark.parametrize("missing", ["success-stories-audience", "success-stories-strategy"])
def test_a_file_that_lacks_a_flag_is_refused_and_left_alone(flags_file: Path, missing: str) -> None:
    document = json.loads(TEMPLATE.read_text(encoding="utf-8"))
    del document["flags"][missing]
    flags_file.write_text(json.dumps(document), encoding="utf-8")

    with pytest.raises(FlagsError, match=f'lacks the flag "{missing}"'):
        flags.switch(flags_file, "core")

    assert json.loads(flags_file.read_text(encoding="utf-8")) == document


def test_flags_are_put_back_byte_for_byte_and_nothing_else_is_left(flags_file: Path) -> None:
    flags_file.write_bytes(TEMPLATE.read_bytes().replace(b"  ", b"\t"))
    flags_file.chmod(0o640)
    found = flags_file.read_bytes()

    with flags.put_back(flags_file):
        flags.switch(flags_file, "core")

    assert flags_file.read_bytes() == found
    assert flags_file.stat().st_mode & 0o777 == 0o640
    assert list(flags_file.parent.iterdir()) == [flags_file]


def test_flags_that_were_removed_meanwhile_stay_removed(flags_file: Path) -> None:
    with flags.put_back(flags_file):
        flags_file.unlink()

    assert list(flags_file.parent.iterdir()) == []


def test_seeding_keeps_flags_that_are_there(flags_file: Path) -> None:
    flags.switch(flags_file, "core")

    flags.seed(flags_file, TEMPLATE)

    assert strategy_in(flags_file) == "core"


def test_seeding_makes_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "flags" / "flags.json"

    flags.seed(path, TEMPLATE)

    assert path.read_bytes() == TEMPLATE.read_bytes()
