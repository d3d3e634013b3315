"""Show a folder's replay from a process of its own: `incident control DIR`."""

import json
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest

from harness.clients.http import answers
from harness.project import tool
from harness.waiting import wait_until
from incident.story import events as ev
from incident.story.journal import Journal


def control(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [tool("incident"), "control", str(folder), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_a_replay_is_shown_while_it_goes_on_until_a_signal(
    tmp_path: Path, free_port: int, signal_number: signal.Signals
) -> None:
    url = f"http://127.0.0.1:{free_port}"
    with Journal(tmp_path) as journal:
        command = [tool("incident"), "control", str(tmp_path), f"--control-port={free_port}"]
        journal.write(ev.Switch(at_s=1.0, what="strategy", before="naive", now="core"))
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            wait_until(answers(f"{url}/healthz"), what="the page", deadline_s=30)
            journal.write(ev.Switch(at_s=2.0, what="strategy", before="core", now="lazy"))
            wait_until(
                lambda: 'strategy="lazy"' in read(f"{url}/metrics"), what="it", deadline_s=20
            )
            page = read(f"{url}/")
        finally:
            child.send_signal(signal_number)
            out, err = child.communicate(timeout=20)

    assert child.returncode == 0
    assert url in out
    assert "Traceback" not in err
    assert "<form" not in page


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        text: str = answer.read().decode()
        return text


def test_a_folder_without_a_replay_is_a_sentence(tmp_path: Path, free_port: int) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        done = control(folder, f"--control-port={free_port}")

        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == f"incident: {folder} holds no replay: events.jsonl is missing.\n"


def test_a_line_that_is_not_an_event_is_a_sentence(tmp_path: Path, free_port: int) -> None:
    lines = [json.dumps({"kind": "coffee"}), ev.to_json(ev.Note(at_s=1.0, text="x"))]
    (tmp_path / "events.jsonl").write_text("\n".join(lines) + "\n")

    done = control(tmp_path, f"--control-port={free_port}")

    assert done.returncode == 2
    assert "events.jsonl:1 is not an event of a replay" in done.stderr
    assert done.stderr.count("\n") == 1
