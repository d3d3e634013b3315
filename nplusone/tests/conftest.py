"""Give every test the traces that are scanned most.

How long an example of a property test takes depends on the machine.
"""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from nplusone.tests.scanning import CAT, CLINIC, CODE, INSERT, written
from nplusone.tests.traces import Drawing

settings.register_profile("nplusone", deadline=None)
settings.load_profile("nplusone")


@pytest.fixture
def traces(tmp_path: Path) -> str:
    """Write two requests of /cats with an N+1 of 6 and 8, one of /visits that writes row by row."""
    drawings = [Drawing(trace_id=f"{number:032x}") for number in (1, 2, 3)]
    for drawing, repeats in zip(drawings, (6, 8), strict=False):
        request = drawing.server("/cats", ms=100)
        drawing.sql(request, CLINIC)
        for _ in range(repeats):
            drawing.sql(request, CAT, **CODE)
    drawings[2].many(drawings[2].server("/visits"), [INSERT] * 5)
    return written(tmp_path, *drawings)


@pytest.fixture
def clean(tmp_path: Path) -> str:
    drawing = Drawing()
    drawing.many(drawing.server("/cats"), [CLINIC, CAT])
    return written(tmp_path, drawing, name="clean.jsonl")


# Instrumentations read it once in a process, whichever test is the first.
os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "database,http"
