"""Tell the page without an end."""

from exercise import oracle
from exercise.lesson import Lesson, Place

# As many as the page's own code says.
VISITS_PER_PAGE = 50

LESSON = Lesson(
    name="stork",
    title="A list without a limit: every visit that there ever was, on every page",
    difficulty=1,
    served="exercise.served.stork",
    pager="It gets slower every week, by itself: nobody has released anything for a month. The "
    "network between clinic and visitors is busier than ever.",
    wanted=f"a clinic's visits, the latest first, {VISITS_PER_PAGE} a page: ?page=2 has the next",
    route="/visits",
    statement=("from appointment", "order by appointment.start"),
    places=(Place("exercise/served/stork.py", "visits_at"),),
    hints=(
        "The number of statements says nothing here. Compare the sizes of the answers.",
        "The statement has an ORDER BY, and something that should come after it is missing.",
        "Copy `visits_at` into your answer, with LIMIT and OFFSET by the page's number.",
    ),
    first_look="Bytes per answer, next to statements per request: one statement can bring too "
    "much as well.",
    targets=lambda database: [
        f"{name}\n{page}" for name in oracle.clinic_names(database)[:4] for page in (1, 2)
    ],
    path=lambda target: (
        f"{oracle.of_clinic('/visits', target.split(chr(10))[0])}&page={target.split(chr(10))[1]}"
    ),
    expected=lambda database, target: oracle.visits_of_page(
        database, target.split("\n")[0], int(target.split("\n")[1]), VISITS_PER_PAGE
    ),
    share=0.5,
)
