import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.ports import unused_ports
from harness.project import PROJECT, tool
from incident.story.journal import Journal
from tests.incident.story.plausible import events

TEMPLATE = PROJECT / "service" / "flags.json"


@pytest.fixture
def flags_file(tmp_path: Path) -> Path:
    return Path(shutil.copy(TEMPLATE, tmp_path))


@pytest.fixture
def clinic_port() -> Iterator[int]:
    """Listen on a port, as a clinic does that is too busy to answer."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def incident(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tool("incident"), *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def fix(flags_file: Path, port: int, strategy: str = "core") -> subprocess.CompletedProcess[str]:
    options = (f"--strategy={strategy}", f"--clinic-port={port}")
    return incident("fix", *options, "--flags-file", flags_file)


def test_fix_switches_the_strategy_of_a_busy_clinic(flags_file: Path, clinic_port: int) -> None:
    done = fix(flags_file, clinic_port)
    again = fix(flags_file, clinic_port)

    assert (done.returncode, again.returncode) == (0, 0)
    assert done.stdout == "Success Stories are read by core now, no longer by naive.\n"
    assert again.stdout == "Success Stories are read by core already.\n"


def test_fix_without_a_clinic_says_that_nothing_answers_and_when_it_takes_effect(
    flags_file: Path, free_port: int
) -> None:
    done = fix(flags_file, free_port)

    assert done.returncode == 0
    assert f"nothing answers on 127.0.0.1:{free_port}" in done.stdout
    assert "from its next start on" in done.stdout
    assert " now" not in done.stdout


def test_an_unknown_strategy_is_a_sentence_and_exit_code_2(
    flags_file: Path, clinic_port: int
) -> None:
    done = fix(flags_file, clinic_port, "fast")

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("incident: --strategy='fast' does not exist")
    assert done.stderr.count("\n") == 1


def test_flags_that_the_clinic_refuses_are_not_reported_as_switched(
    flags_file: Path, clinic_port: int
) -> None:
    document = json.loads(TEMPLATE.read_text(encoding="utf-8"))
    del document["flags"]["success-stories-audience"]
    flags_file.write_text(json.dumps(document), encoding="utf-8")

    done = fix(flags_file, clinic_port)

    assert done.returncode == 2
    assert done.stdout == ""
    assert "success-stories-audience" in done.stderr


def test_a_strategy_that_does_not_exist_ends_a_demo_before_any_load(tmp_path: Path) -> None:
    options = ("--clinic-port", "--ui-port", "--otlp-port")
    ports = [f"{name}={port}" for name, port in zip(options, unused_ports(3), strict=True)]

    done = incident("demo", "--exit", "--fix=fast", *ports, "--var", tmp_path)

    assert done.returncode == 2
    assert "--strategy='fast' does not exist" in done.stderr
    assert not (tmp_path / "demo" / "logs" / "locust.log").exists()


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()

    done = incident("demo", "--exit", "--var", f"{blocked}/below")

    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert str(blocked) in done.stderr


def test_a_demo_of_containers_that_do_not_run_is_one_sentence(
    tmp_path: Path, free_port: int
) -> None:
    options = ("--target=compose", f"--locust-port={free_port}", f"--var={tmp_path}")

    done = incident("demo", "--exit", *options)

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "incident: Locust's web UI of the stack in containers does not answer on "
        f"http://127.0.0.1:{free_port}: start the stack with `make up`, or say where it is with "
        "LOCUST_PORT."
    )


def test_help_shows_an_example() -> None:
    done = incident("demo", "--help")

    assert "Example:" in done.stdout
    assert "CLINIC_PORT" in done.stdout


@pytest.fixture
def replayed(tmp_path: Path) -> Path:
    """Return the folder of a replay that has written its events and no report."""
    with Journal(tmp_path / "replay") as journal:
        for event in events():
            journal.write(event)
    return tmp_path / "replay"


def test_report_is_written_again_from_the_events(replayed: Path) -> None:
    done = incident("report", replayed)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{replayed / 'report.html'}\n"
    assert "instead of 512" in (replayed / "report.html").read_text(encoding="utf-8")
    assert json.loads((replayed / "report.json").read_text())["result"]["finished"]


@pytest.mark.parametrize("command", [["report", "."], ["compare", ".", "."]])
def test_a_folder_without_a_replay_is_a_sentence_and_exit_code_2(
    tmp_path: Path, command: list[str]
) -> None:
    done = incident(*(str(tmp_path) if one == "." else one for one in command))

    assert done.returncode == 2
    assert done.stderr == f"incident: {tmp_path} holds no replay: events.jsonl is missing.\n"


def test_a_report_that_cannot_be_written_is_a_sentence_and_exit_code_2(replayed: Path) -> None:
    (replayed / "charts").write_text("a file where a folder belongs")

    done = incident("report", replayed)

    assert done.returncode == 2
    assert done.stderr == f"incident: File exists at {replayed / 'charts'}.\n"


def test_compare_prints_text_and_json(replayed: Path) -> None:
    text = incident("compare", replayed, replayed)
    as_json = incident("compare", replayed, replayed, "--format", "json")

    assert (text.returncode, as_json.returncode) == (0, 0)
    assert text.stdout.startswith("No difference exceeds its spread.")
    first = json.loads(as_json.stdout)["differences"][0]
    assert first["what"] == "naive: SQL statements per request"
    assert first["a"]["count"] == 3
