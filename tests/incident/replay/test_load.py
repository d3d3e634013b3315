import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from incident.errors import RecordError
from incident.replay.load import Request, RequestLog

Make = Callable[..., Request]


def line(request: Request) -> str:
    return json.dumps(asdict(request)) + "\n"


def test_requests_are_read_as_they_are_written(tmp_path: Path, story: Make) -> None:
    path = tmp_path / "requests.jsonl"
    log = RequestLog(path)

    assert log.read() == []
    path.write_text(line(story(at_s=1)), encoding="utf-8")
    assert log.read() == [story(at_s=1)]
    with path.open("a", encoding="utf-8") as file:
        file.write(line(story(at_s=2)))
    assert log.read() == [story(at_s=1), story(at_s=2)]


def test_a_half_written_last_line_waits_for_its_end(tmp_path: Path, story: Make) -> None:
    path = tmp_path / "requests.jsonl"
    whole = line(story(at_s=1)) + line(story(at_s=2))
    log = RequestLog(path)

    path.write_text(whole[:-20], encoding="utf-8")
    assert log.read() == [story(at_s=1)]
    path.write_text(whole, encoding="utf-8")
    assert log.read() == [story(at_s=1), story(at_s=2)]


@pytest.mark.parametrize("nonsense", ["{", "{}", "[]", '{"name": 1, "other": 2}'])
def test_a_line_that_is_not_a_request_is_an_error_with_its_number(
    tmp_path: Path, story: Make, nonsense: str
) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_text(f"{line(story())}{nonsense}\n", encoding="utf-8")

    with pytest.raises(RecordError, match=r"requests\.jsonl:2 is not a request"):
        RequestLog(path).read()


def test_a_request_ends_after_its_response_time(story: Make) -> None:
    assert story(at_s=2, ms=1500).end_time_unix_nano == 3_500_000_000
