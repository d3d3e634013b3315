"""Tell the N+1 that hides in a template."""

from functools import partial

from exercise import oracle
from exercise.lesson import Lesson, Place

LESSON = Lesson(
    name="wren",
    title="An N+1 in a template: attributes that load themselves when they are shown",
    difficulty=2,
    served="exercise.served.wren",
    pager="Slow since the last release. The views that it changed send one or two statements each; "
    "two colleagues have read them, and found nothing.",
    wanted="a clinic's veterinarians by name, each with the cats of the latest twenty visits",
    route="/veterinarians",
    statement=("from cat", "where"),
    places=(
        Place("exercise/served/wren.py", "veterinarians_of"),
        Place("exercise/served/templates/team.html"),
    ),
    hints=(
        "Compare when the view's own statements end with when the last statement of the trace "
        "begins.",
        "The statements that repeat are sent while the page is rendered: see what the template "
        "touches.",
        "Copy `veterinarians_of` into your answer, and have it load the appointments and their "
        "cats with the veterinarians: selectinload, then joinedload.",
    ),
    first_look="The statements between the view's last line and the answer: a template that "
    "sends SQL is never what one wants.",
    targets=oracle.clinic_names,
    path=partial(oracle.of_clinic, "/veterinarians"),
    expected=oracle.latest_patients,
    share=0.85,
)
