"""Tell the N+1 as it was launched."""

from functools import partial

from exercise import oracle
from exercise.lesson import Lesson, Place

LESSON = Lesson(
    name="heron",
    title="The N+1 as launched: two loops, each with a query inside",
    difficulty=1,
    served="exercise.served.heron",
    pager="Everything times out. The CPU stands at its plateau, nothing reports an error, and the "
    "database counts tens of thousands of statements a minute.",
    wanted="every cat ever seen at a clinic, once, ordered by id",
    route="/success-stories",
    statement=("from cat", "where cat.id ="),
    places=(
        Place("service/clinic/db.py", "list_cats_seen_at"),
        Place("service/clinic/db.py", "get_cat"),
        Place("service/clinic/stories/strategies.py", "naive"),
    ),
    hints=(
        "Open the slowest trace of the slowest route and count its spans by name.",
        "One statement is there once for each appointment, and differs only in its parameter. "
        "Its span tells which line sends it.",
        "Ask the database once for all the cats: a subquery over appointment joined to clinic. "
        "Write it as `read_cats` in your answer.",
    ),
    first_look="The statements per request, by route: hundreds on one route and one or two "
    "everywhere else. Then one trace of that route.",
    targets=oracle.clinic_names,
    path=partial(oracle.of_clinic, "/success-stories"),
    expected=oracle.cats_seen_at,
    share=0.5,
    strategy="naive",
)
