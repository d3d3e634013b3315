from exercise.grade.listing import difference, items

PAGE = b"""<header><ul><li>menu</li></ul></header><main><ul>
<li class="a"><strong>Tom &amp; Co</strong>
<span>black,  3 years</span></li><li>Kim</li></ul></main><footer><li>foot</li></footer>"""


def test_the_items_of_the_main_part_are_read() -> None:
    assert items(PAGE) == ["Tom & Co black, 3 years", "Kim"]


def test_equal_lists_have_no_difference() -> None:
    assert difference(["a", "b"], ["a", "b"]) == ""


def test_what_is_missing_too_many_other_or_in_another_order_is_said() -> None:
    assert difference(["a"], ["a", "b"]) == "drops 1 of 2 entries, 'b' for one"
    assert difference(["a", "b", "b"], ["a", "b"]) == "lists 1 entries too many, 'b' for one"
    assert difference(["a", "c"], ["a", "b"]) == "lists 'c' where 'b' belongs"
    assert difference(["b", "a"], ["a", "b"]) == "lists the right entries in another order"
    assert difference([], ["a"]) == "drops 1 of 1 entries, 'a' for one"
