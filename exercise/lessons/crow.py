"""Tell the N+1 that asks another service."""

from functools import partial

from exercise import oracle
from exercise.lesson import Lesson, Place

LESSON = Lesson(
    name="crow",
    title="An N+1 behind an API: a request to another service for each row",
    difficulty=2,
    served="exercise.served.crow",
    pager="The registry of licences complains: the clinic sends it more requests than all others "
    "together. The database is idle.",
    wanted="a clinic's veterinarians by name, each with the licence's number and until when it is "
    "valid, as the registry says",
    route="/veterinarians",
    statement=("/licences/",),
    places=(Place("exercise/served/crow.py", "licences"), Place("exercise/served/crow.py", "ask")),
    hints=(
        "Not all that a page waits for is SQL: look at the spans without a statement.",
        "One call for each veterinarian goes to the same address, and differs in its last part.",
        "The registry takes several numbers at once (exercise/served/registry.py). Copy "
        "`licences` into your answer, with one call of `ask`.",
    ),
    first_look="The calls per request, by route, as one looks at statements: a loop around a "
    "network is an N+1 whatever the protocol.",
    targets=oracle.clinic_names,
    path=partial(oracle.of_clinic, "/veterinarians"),
    expected=oracle.licensed,
    share=0.9,
    asks_registry=True,
)
