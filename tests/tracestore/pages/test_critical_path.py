from tracestore.pages._critical_path import critical_path
from tracestore.pages._waterfall import WaterfallSpan, lay_out


def span(span_id: str, start: int, end: int, parent: str = "root") -> WaterfallSpan:
    return WaterfallSpan(span_id, "" if span_id == "root" else parent, "clinic", "x", start, end)


def path(*spans: WaterfallSpan) -> list[tuple[str, int, int]]:
    """The path as (span id, start, end), from the last to the first."""
    waterfall = lay_out(spans)
    return [
        (part.span.span_id, part.start_nano, part.end_nano)
        for part in critical_path(waterfall.root, waterfall.children)
    ]


def test_a_span_alone_is_its_own_path() -> None:
    assert path(span("root", 0, 10)) == [("root", 0, 10)]


def test_children_one_after_the_other_are_all_on_it() -> None:
    found = path(span("root", 0, 10), span("a", 1, 4), span("b", 5, 9))

    assert found == [("root", 9, 10), ("b", 5, 9), ("root", 4, 5), ("a", 1, 4), ("root", 0, 1)]


def test_a_child_beside_a_longer_one_is_not_on_it() -> None:
    found = path(span("root", 0, 10), span("long", 1, 9), span("short", 2, 5))

    assert [name for name, _, _ in found] == ["root", "long", "root"]


def test_it_leads_through_children_of_children() -> None:
    found = path(span("root", 0, 10), span("a", 1, 9), span("b", 2, 8, parent="a"))

    assert [name for name, _, _ in found] == ["root", "a", "b", "a", "root"]


def test_a_child_that_ends_after_its_parent_was_not_waited_for() -> None:
    assert path(span("root", 0, 10), span("late", 5, 20)) == [("root", 0, 10)]


def test_a_child_that_began_before_its_parent_is_cut() -> None:
    assert path(span("root", 5, 10), span("early", 0, 8)) == [("root", 8, 10), ("early", 5, 8)]


def test_the_segments_fill_the_root() -> None:
    children = [span(f"s{n}", 2 * n, 2 * n + 3) for n in range(40)]

    found = path(span("root", 0, 100), *children)

    assert sum(end - start for _, start, end in found) == 100


def test_a_chain_of_thousands_and_a_circle_end() -> None:
    chain = [span("root", 0, 9000)]
    chain += [span(f"n{n}", n, 9000 - n, parent=f"n{n - 1}" if n else "root") for n in range(4000)]
    circle = [span("a", 1, 5, parent="b"), span("b", 2, 4, parent="a")]

    assert len(path(*chain)) > 4000
    assert [name for name, _, _ in path(*circle)] == ["a", "b", "a"]
