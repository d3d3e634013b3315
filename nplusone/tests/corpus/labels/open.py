"""List recorded traces that the detector judges wrongly as yet, and what it would have to know.

The labels are right and count as mistakes in every table. A case leaves this list when it is
judged rightly: a test holds both.
"""

OPEN: dict[str, str] = {}
