"""Hold your answer: what is wrong, and your repair. `make exercise-check` grades it.

The form of the exercise's page writes the three lines below; the rest is yours. This file is kept
from one exercise to the next; `make exercise ANSWER=new` puts it away and begins another.
"""

# Where it is: the route as traces name it, the statement (or the part that tells it from others),
# and the file with the line that sends it, as in "service/clinic/db.py:1".
ROUTE = ""
STATEMENT = ""
LINE = ""

# How it is repaired. Use what the fault asks for, and leave out the rest.

# Another strategy for Success Stories, by its neutral name.
STRATEGY = ""
# "CREATE INDEX name ON table (column)", as many as it takes.
INDEXES: list[str] = []
# Settings of the clinic: {"CLINIC_THREADS": "8"}
SETTINGS: dict[str, str] = {}

# A function takes the place of the one of the same name in the code that an exercise serves
# (exercise/served/). Of the Success Stories it is this one, in place of the strategy in force:
#
# def read_cats(session, clinic_name):
#     """Return the cats: each with id, name, age, color and lives."""
