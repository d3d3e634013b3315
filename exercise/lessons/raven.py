"""Tell the index that a migration has lost."""

from exercise import oracle
from exercise.lesson import Lesson, Place

LESSON = Lesson(
    name="raven",
    title="A foreign key without its index: each lookup reads the whole table",
    difficulty=2,
    served="exercise.served.raven",
    pager="Slow since last night's migration. No code has changed, and no page sends more "
    "statements than before.",
    wanted="an owner's cats by name, the first hundred",
    route="/owners/<uuid:owner_id>",
    statement=("from appointment", "appointment.owner_id ="),
    places=(
        Place("service/clinic/queries.py", "preferred_veterinarian"),
        Place("service/clinic/queries.py", "upcoming_visits"),
        Place("service/clinic/booking/pages.py", "owner"),
    ),
    hints=(
        "Sort the spans of a trace by how long each takes, and not by how many there are.",
        "The slow statements look for the appointments of one owner. Ask the database how: "
        "EXPLAIN QUERY PLAN.",
        "CREATE INDEX … ON appointment (owner_id), in INDEXES of your answer.",
    ),
    first_look="The time per statement, and the plan of the slowest: a SCAN of a large table "
    "where a SEARCH was meant.",
    targets=oracle.owner_ids,
    path=oracle.of_owner,
    expected=oracle.cats_of_owner,
    share=0.85,
    prepare=("DROP INDEX ix_appointment_owner_id",),
    index=("appointment", "owner_id"),
)
