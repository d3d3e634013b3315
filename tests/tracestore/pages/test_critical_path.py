import pytest

from tracestore.pages._critical_path import critical_path
from tracestore.pages._waterfall import WaterfallSpan, lay_out


def span(span_id: str, start: int, end: int, parent: str = "root") -> WaterfallSpan:
    return WaterfallSpan(span_id, "" if span_id == "root" else parent, "clinic", "x", start, end)


def path(*spans: WaterfallSpan) -> list[tuple[str, int, int]]:
    """Return the path as (span id, start, end), from the last to the first."""
    waterfall = lay_out(spans)
    return [
        (part.span.span_id, part.start_nano, part.end_nano)
        for part in critical_path(waterfall.root, waterfall.children)
    ]


ROOT = span("root", 0, 10)


@pytest.mark.parametrize(
    ("spans", "found"),
    [
        pytest.param([], [("root", 0, 10)], id="a-span-alone-is-its-own-path"),
        pytest.param(
            [span("a", 1, 4), span("b", 5, 9)],
            [("root", 9, 10), ("b", 5, 9), ("root", 4, 5), ("a", 1, 4), ("root", 0, 1)],
            id="children-one-after-another-are-on-it",
        ),
        pytest.param(
            [span("a", 1, 5), span("b", 5, 10)],
            [("b", 5, 10), ("a", 1, 5), ("root", 0, 1)],
            id="children-without-a-gap-are-on-it",
        ),
        pytest.param(
            [span("long", 1, 9), span("short", 2, 5)],
            [("root", 9, 10), ("long", 1, 9), ("root", 0, 1)],
            id="a-child-in-parallel-with-a-longer-one-is-not",
        ),
        pytest.param(
            [span("a", 1, 9), span("b", 2, 8, parent="a")],
            [("root", 9, 10), ("a", 8, 9), ("b", 2, 8), ("a", 1, 2), ("root", 0, 1)],
            id="it-leads-through-children-of-children",
        ),
        pytest.param(
            [span("late", 5, 20)], [("root", 0, 10)], id="a-child-that-outlasts-its-parent-is-not"
        ),
        pytest.param(
            [span("early", -5, 8)],
            [("root", 8, 10), ("early", 0, 8)],
            id="a-child-that-began-before-its-parent-is-cut",
        ),
        pytest.param(
            [span("point", 4, 4)], [("root", 0, 10)], id="a-child-without-a-duration-is-not"
        ),
    ],
)
def test_the_path_holds_what_the_root_waited_for(
    spans: list[WaterfallSpan], found: list[tuple[str, int, int]]
) -> None:
    assert path(ROOT, *spans) == found


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
