"""Draw stories of every length: each part is sensible, and what is said is never run."""

from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from incident.story import events as ev
from incident.story.axis import TOP
from incident.story.curves import MOST_POINTS, curves
from incident.story.drawing import Line
from incident.story.render import PARTS, fragments, page
from incident.story.story import Story, tell
from tests.incident.story.plausible import TRACES, bar, events, story

EVIL = "</script><img src=x onerror=alert(1)><script>alert('2')</script>\"'"
MOMENTS = [0.0, 0.5, 15.0, 75.0, 130.0, 175.0, 215.0, 280.0, None]
# Elements that have no end.
VOID = {"meta", "img", "br", "hr", "input", "link"}


class Outline(HTMLParser):
    """Read the elements of a page; refuse what is not closed in its order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag in ("dt", "dd", "th", "td"):
            self.text += " "

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def levels(self) -> list[int]:
        """Return the levels of the headings, in their order."""
        return [int(tag[1]) for tag, _ in self.elements if tag in ("h1", "h2", "h3", "h4")]


def words(html: str) -> str:
    return " ".join(Outline(html).text.replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.mark.parametrize("until_s", MOMENTS)
def test_every_part_is_whole_and_says_something_at_any_moment(until_s: float | None) -> None:
    drawn = fragments(story(until_s))

    assert tuple(drawn) == PARTS
    for name, html in drawn.items():
        outline = Outline(html)
        assert outline.levels[0] == (1 if name == "headline" else 2)
        # A heading alone says nothing.
        assert any(
            tag in ("p", "dl", "ol", "figure", "div") for tag, _ in outline.elements[1:]
        ) or (name == "headline")
        assert "None" not in outline.text


def test_before_the_first_event_each_part_says_what_is_to_come() -> None:
    drawn = fragments(Story())

    assert words(drawn["headline"]) == "No replay has begun yet."
    for name in PARTS[2:]:
        assert 'class="empty"' in drawn[name]


def test_an_end_without_a_beginning_says_that_nothing_was_measured() -> None:
    drawn = fragments(tell([ev.Ended(at_s=1, exit_code=3, why="the clinic does not answer.")]))

    assert words(drawn["headline"]) == "The replay could not finish: the clinic does not answer."
    assert "Nothing was measured." in words(drawn["now"])
    assert "yet" not in words("".join(drawn.values()))


@pytest.mark.parametrize("until_s", MOMENTS)
def test_the_headings_of_the_report_are_in_order(until_s: float | None) -> None:
    levels = Outline(page(story(until_s))).levels

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(now <= was + 1 for was, now in pairwise(levels))


@pytest.mark.parametrize("until_s", MOMENTS)
def test_ids_are_unique_and_labels_lead_to_them(until_s: float | None) -> None:
    elements = Outline(page(story(until_s))).elements
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    labels = " ".join(attributes.get("aria-labelledby") or "" for _, attributes in elements)

    assert len(ids) == len(set(ids))
    assert set(labels.split()) <= set(ids)


def test_the_report_needs_nothing_from_elsewhere() -> None:
    elements = Outline(page(story())).elements
    addresses = {
        str(value)
        for _, attributes in elements
        for name, value in attributes.items()
        if name in ("src", "href", "srcset", "data")
    }

    assert addresses
    assert all(address.startswith(TRACES) for address in addresses)
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in elements}


def test_fragments_keep_to_a_strict_content_security_policy() -> None:
    elements = Outline("".join(fragments(story()).values())).elements

    assert not {"script", "style"} & {tag for tag, _ in elements}
    assert not any(
        name == "style" or name.startswith("on")
        for _, attributes in elements
        for name in attributes
    )


def test_a_drawing_is_a_picture_with_a_title_and_words() -> None:
    pictures = [one for tag, one in Outline(page(story())).elements if one.get("role") == "img"]

    assert len(pictures) == 7
    for picture in pictures:
        assert picture["aria-labelledby"]


def test_a_table_has_a_caption_and_its_headings_a_scope() -> None:
    elements = Outline(page(story())).elements

    tables = [tag for tag, _ in elements if tag == "table"]
    assert len(tables) == len([tag for tag, _ in elements if tag == "caption"]) == 6
    assert all(one.get("scope") in ("col", "row") for tag, one in elements if tag == "th")


def hostile(told: ev.Event) -> ev.Event:
    """Put a hostile text into every text of an event."""
    texts: dict[str, Any] = {
        name: EVIL
        for name in ev.KINDS["begun"].__dataclass_fields__.keys() | told.__dataclass_fields__.keys()
        if isinstance(getattr(told, name, None), str) and name not in ("which", "what")
    }
    return replace(told, **texts)


@pytest.mark.parametrize("until_s", [130.0, None])
def test_what_a_story_says_is_never_run(until_s: float | None) -> None:
    elements = Outline(page(tell(map(hostile, events(until_s))))).elements

    assert not {"script", "img"} & {tag for tag, _ in elements}
    assert not any(name.startswith("on") for _, attributes in elements for name in attributes)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "", "//evil"])
def test_only_an_address_of_the_web_becomes_a_link(link: str) -> None:
    links = {"traces": link}
    told = [
        replace(one, links=links)
        if isinstance(one, ev.Begun)
        else replace(one, link=link)
        if isinstance(one, ev.Trace)
        else one
        for one in events()
    ]

    assert [tag for tag, _ in Outline(page(tell(told))).elements if tag == "a"] == []


def test_a_shortfall_is_the_first_line() -> None:
    short = ev.FellShort(at_s=300, text="the alert did not fire.")
    drawn = fragments(tell([*events()[:-1], short, events()[-1]]))

    assert words(drawn["headline"]).startswith("Fell short: the alert did not fire.")
    assert "instead of 512" in words(drawn["headline"])
    assert "5:00 Fell short: the alert did not fire." in words(drawn["story"])


def test_a_result_names_statements_times_and_capacity() -> None:
    said = words(fragments(story())["headline"])

    assert "With core one page takes 1 SQL statement instead of 512" in said
    assert "14 ms instead of 12.4 s" in said
    assert "carries 67 times the visitors: 160 a second instead of 2.4" in said
    assert "Not one request failed" in said


def test_a_phase_that_is_left_out_says_why() -> None:
    skipped = ev.Skipped(at_s=80, name="hardware", title="More hardware", why="not on this target.")
    drawn = fragments(tell([*events(75), skipped]))

    assert "More hardware left out: not on this target." in words(drawn["phases"])
    assert "More hardware was left out: not on this target." in words(drawn["story"])


def test_a_running_phase_has_large_figures_and_a_finished_replay_both_sides() -> None:
    during, after = (words(fragments(story(until))["now"]) for until in (110.0, None))

    assert during.startswith("Now Launch, since 1:00.")
    assert "visitors wait for an answer" in during
    assert "p50 12.4 s → before, after: 14 ms" in after


def test_values_that_are_not_there_yet_are_dashes() -> None:
    empty: dict[str, Any] = {
        "p50_ms": None,
        "p95_ms": None,
        "healthz_ms": None,
        "statements_per_request": None,
    }
    told = [replace(one, **empty) if isinstance(one, ev.Sample) else one for one in events(75)]
    drawn = fragments(tell(told))

    assert "p50 – p95 – /healthz – SQL statements per request –" in words(drawn["now"])
    assert "No value yet" in words(drawn["curves"])


def test_figures_without_percentiles_are_dashes() -> None:
    told = [
        replace(one, latency_ms={}, sent_latency_ms={}, healthz_ms={}, statements_per_request={})
        if isinstance(one, ev.Figures)
        else one
        for one in events()
    ]

    assert "– – –" in words(fragments(tell(told))["phases"])


def test_25_000_statements_are_one_row() -> None:
    bars = [bar("GET /success-stories", 0, 90_000, 0), bar("SELECT cat", 1, 89_000, 1, 25_000)]
    trace = next(one for one in events() if isinstance(one, ev.Trace))
    drawn = fragments(tell([replace(trace, spans=25_052, bars=bars)]))["waterfalls"]

    assert "SELECT cat × 25,000" in words(drawn)
    assert drawn.count("<rect") == 4


def test_a_trace_that_does_not_repeat_itself_stays_short() -> None:
    bars = [bar(f"SELECT table_{n}", n, 1, 1) for n in range(25_000)]
    trace = next(one for one in events() if isinstance(one, ev.Trace))
    drawn = fragments(tell([replace(trace, bars=bars)]))["waterfalls"]

    assert "24,960 more rows" in words(drawn)
    assert len(drawn) < 40_000


def test_curves_have_few_points_however_long_a_replay_is_watched() -> None:
    sample = next(one for one in events() if isinstance(one, ev.Sample))
    told = [replace(sample, at_s=n / 2) for n in range(10_000)]
    told[4_321] = replace(told[4_321], p95_ms=50_000.0)

    latency = curves(tell(told))[0]
    [p95] = [one for one in latency.shapes if isinstance(one, Line) and one.look == "p95"]

    assert len(p95.points) <= MOST_POINTS
    # The highest of those that share a point is drawn: 50 s on an axis that ends at 100 s.
    assert min(y for _, y in p95.points) < TOP + 20
    assert "to 50 s, 35 ms at the end" in latency.description


def test_a_curve_breaks_where_nothing_was_answered() -> None:
    gap = [
        replace(one, p50_ms=None, p95_ms=None)
        if isinstance(one, ev.Sample) and one.at_s > 5
        else one
        for one in events(10)
    ]
    again = [one for one in events(20) if one.at_s > 10]
    whole, broken = (
        fragments(tell(told))["curves"].count('<polyline class="p95"')
        for told in (events(20), [*gap, *again])
    )

    assert (whole, broken) == (1, 2)


def test_lost_spans_are_bad_news() -> None:
    lost = ev.Telemetry(at_s=1, created=100, stored=97, dropped=3)
    drawn = fragments(tell([lost]))["telemetry"]

    assert "100 spans were created and 97 stored; 3 were lost, 3 of them dropped" in words(drawn)
    assert '<p class="bad">' in drawn


def test_predictions_are_counted_in_and_outside_of_their_intervals() -> None:
    drawn = fragments(story())["predictions"]

    assert "Of 7 measured values 6 lie in the predicted interval." in words(drawn)
    assert drawn.count('class="bad hollow"') == 1


def test_a_finding_marks_its_line_in_the_code() -> None:
    drawn = fragments(story())["finding"]

    assert "63marked: cat = self.get_cat(appointment)" in words(drawn)
    assert "GET /success-stories sends one statement 500 times" in words(drawn)
    assert "answered after 2.4 s" in words(drawn)


def test_a_trace_says_what_its_visitor_had_waited_before_it() -> None:
    drawn = fragments(tell(events()))["waterfalls"]

    assert "its visitor had waited 9.30 s by then" in drawn
    assert drawn.count("its visitor had waited") == 1  # after the fix nobody waits


def test_a_share_says_of_what_and_what_the_rest_is() -> None:
    drawn = " ".join(fragments(tell(events()))["finding"].split())

    assert "takes 92 % of the time that the traces show. The rest is the code between" in drawn
