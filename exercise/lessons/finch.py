"""Tell the half fix: few statements, and a session full of entities."""

from functools import partial

from exercise import oracle
from exercise.lesson import Lesson, Place

LESSON = Lesson(
    name="finch",
    title="The half fix: entities of three tables where rows of one would do",
    difficulty=3,
    served="exercise.served.finch",
    pager="The N+1 of last week is repaired, and no page sends more than a dozen statements now. "
    "The CPU is still busy, and the database is not.",
    wanted="every cat ever seen at a clinic, once, ordered by id",
    route="/success-stories",
    statement=("from appointment",),
    places=(
        Place("service/clinic/stories/strategies.py", "selectin"),
        Place("service/clinic/stories/strategies.py", "_through_relationships"),
    ),
    hints=(
        "Add up the statements of a trace, and compare with the whole request: where is the rest?",
        "The time between the statements goes into making an object of every row: of which table "
        "does the page read rows that it does not show?",
        "Select the five columns that the page shows, of the cats alone, with "
        "`session.execute(select(Cat.id, Cat.name, …))` as `read_cats` in your answer.",
    ),
    first_look="The share of the request that no statement explains, and how many rows come back "
    "for one that is shown.",
    targets=oracle.clinic_names,
    path=partial(oracle.of_clinic, "/success-stories"),
    expected=oracle.cats_seen_at,
    share=0.5,
    strategy="selectin",
)
