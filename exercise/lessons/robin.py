"""Tell the writes that come one by one."""

from functools import partial

from exercise import oracle
from exercise.lesson import Lesson, Place

LESSON = Lesson(
    name="robin",
    title="A row at a time: as many updates as there are cats, in one transaction",
    difficulty=1,
    served="exercise.served.robin",
    pager="Bookings wait, and some are refused: the database is locked. Reading is quick.",
    wanted="by POST every cat ever seen at a clinic, now one year older, ordered by id",
    route="/birthdays",
    statement=("update cat",),
    places=(Place("exercise/served/robin.py", "celebrate"),),
    hints=(
        "Look at a trace of a POST: what is the last thing that it does?",
        "The UPDATE is there once for every cat, and each of them says the same.",
        "Copy `celebrate` into your answer, with one UPDATE whose WHERE has the subquery.",
    ),
    first_look="Writes per request. A database changes a thousand rows with one statement as "
    "willingly as one, and holds its lock for a fraction of the time.",
    targets=oracle.clinic_names,
    path=partial(oracle.of_clinic, "/birthdays"),
    expected=oracle.cats_a_year_later,
    share=0.6,
    method="POST",
)
