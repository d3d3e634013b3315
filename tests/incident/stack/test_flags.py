import json
import os
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
    return str(document["flags"][flags.FLAG]["defaultVariant"])


def test_a_strategy_is_switched_and_the_one_before_returned(flags_file: Path) -> None:
    before = flags.set_strategy(flags_file, "core")

    assert before == "naive"
    assert strategy_in(flags_file) == "core"


def test_the_rest_of_the_file_is_kept(flags_file: Path) -> None:
    found = json.loads(flags_file.read_text(encoding="utf-8"))

    flags.set_strategy(flags_file, "core")
    flags.set_strategy(flags_file, "naive")

    assert json.loads(flags_file.read_text(encoding="utf-8")) == found


def test_an_unknown_strategy_is_an_error_that_lists_the_known_ones(flags_file: Path) -> None:
    with pytest.raises(FlagsError, match=r"no strategy 'fast'; it knows batched, core, .*naive"):
        flags.set_strategy(flags_file, "fast")

    assert strategy_in(flags_file) == "naive"


def test_a_switch_is_newer_than_a_file_from_the_future(flags_file: Path) -> None:
    future_ns = flags_file.stat().st_mtime_ns + 3600 * 1_000_000_000
    os.utime(flags_file, ns=(future_ns, future_ns))

    flags.set_strategy(flags_file, "core")

    assert flags_file.stat().st_mtime_ns > future_ns


def test_a_switch_leaves_nothing_but_the_file(flags_file: Path) -> None:
    flags.set_strategy(flags_file, "core")

    assert list(flags_file.parent.iterdir()) == [flags_file]


def test_a_missing_file_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FlagsError, match="start the clinic first"):
        flags.set_strategy(tmp_path / "flags.json", "core")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "is not JSON"),
        ("[]", "holds no flag"),
        ('{"flags": []}', "holds no flag"),
        ('{"flags": {"success-stories-strategy": {}}}', "holds no flag"),
        (
            '{"flags": {"success-stories-strategy": {"variants": {"naive": "naive"}}}}',
            "is none of its variants",
        ),
    ],
)
def test_a_file_that_is_no_flags_file_is_an_error(
    tmp_path: Path, content: str, complaint: str
) -> None:
    path = tmp_path / "flags.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(FlagsError, match=complaint):
        flags.set_strategy(path, "core")


def test_flags_are_put_back_as_they_were_found(flags_file: Path) -> None:
    found = flags_file.read_text(encoding="utf-8")

    with flags.put_back(flags_file):
        flags.set_strategy(flags_file, "core")

    assert flags_file.read_text(encoding="utf-8") == found


def test_seeding_keeps_flags_that_are_there(flags_file: Path) -> None:
    flags.set_strategy(flags_file, "core")

    flags.seed(flags_file, TEMPLATE)

    assert strategy_in(flags_file) == "core"


def test_seeding_makes_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "flags" / "flags.json"

    flags.seed(path, TEMPLATE)

    assert strategy_in(path) == "naive"
