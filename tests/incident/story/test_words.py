from incident.story.words import clock, counted, listed, number, tied, times


def test_a_figure_has_as_many_digits_as_it_can_bear() -> None:
    assert [number(one) for one in (0, 1, 2.44, 9.96, 160, 64_512.4)] == [
        *("0", "1", "2.4", "10.0", "160", "64,512")
    ]
    assert [times(one) for one in (4.77, 66.7, 1_204)] == ["4.8", "67", "1,204"]


def test_a_moment_is_minutes_and_seconds() -> None:
    assert [clock(one) for one in (0, 9.9, 60, 330.5, 5_000)] == [
        *("0:00", "0:09", "1:00", "5:30", "83:20")
    ]


def test_one_is_singular() -> None:
    assert [counted(one, "span") for one in (0, 1, 2)] == ["0 spans", "1 span", "2 spans"]


def test_words_are_joined_as_in_a_sentence() -> None:
    assert [listed(one) for one in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        *("", "a", "a and b", "a, b and c")
    ]


def test_a_figure_stays_with_its_unit() -> None:
    assert tied("5 % of 12.4 s, 3 steps").split(" ") == [
        *("5\N{NO-BREAK SPACE}%", "of", "12.4\N{NO-BREAK SPACE}s,", "3", "steps")
    ]
