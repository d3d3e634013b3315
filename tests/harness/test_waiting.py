import pytest

from harness.errors import DeadlinePassed
from harness.waiting import wait_until


def test_the_first_truthy_answer_is_returned() -> None:
    answers = iter([0, 0, 7])
    pauses: list[float] = []

    found = wait_until(
        lambda: next(answers), what="seven", deadline_s=60, pause=pauses.append, every_s=2
    )

    assert found == 7
    assert pauses == [2, 2]


def test_what_did_not_happen_is_named_with_its_deadline() -> None:
    with pytest.raises(DeadlinePassed, match=r"Waited for rain, which did not happen within 0 s\."):
        wait_until(lambda: False, what="rain", deadline_s=0, every_s=0)
