"""Define what can keep an exercise from being set or graded, on top of harness.errors."""

from harness.errors import HarnessError


class ExerciseError(HarnessError):
    """Say what cannot be done as asked, and what to do next."""
