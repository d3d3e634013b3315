"""Label what is wrong in each recorded trace, as a person sees it who knows the program.

Nothing here comes from the detector. A case without faults is a near miss.
"""

from nplusone.tests.corpus.label import Case, Fault
from nplusone.tests.corpus.labels.go import GO
from nplusone.tests.corpus.labels.java import JAVA
from nplusone.tests.corpus.labels.node import NODE
from nplusone.tests.corpus.labels.python import PYTHON
from nplusone.tests.corpus.labels.sqlalchemy import SQLALCHEMY

__all__ = ["ALL", "CASES", "IN_DOUBT", "Case", "Fault"]

ALL = (*SQLALCHEMY, *PYTHON, *NODE, *GO, *JAVA)
CASES = tuple(case for case in ALL if not case.doubt)
IN_DOUBT = tuple(case for case in ALL if case.doubt)
