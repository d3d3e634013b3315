"""Take in a file that another process appends to, line by line."""

from pathlib import Path

from incident.story.lines import GrowingLines


def test_each_line_is_taken_in_once_and_only_with_its_end(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    lines = GrowingLines(path)

    assert lines.added() == []
    path.write_bytes(b"one\ntwo\nthr")
    assert lines.added() == [b"one", b"two"]
    assert lines.added() == []
    with path.open("ab") as file:
        file.write(b"ee\n")
    assert lines.added() == [b"three"]


def test_a_line_separator_within_a_text_ends_no_line(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"text": "a\u2028b\x0bc"}\n', encoding="utf-8")

    (line,) = GrowingLines(path).added()

    assert line.decode() == '{"text": "a\u2028b\x0bc"}'
