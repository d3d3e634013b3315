"""Recorded traces that the detector judges wrongly as yet, and what it would have to know.

The labels are right and count as mistakes in every table. A case leaves this list when it is
judged rightly: a test holds both.
"""

_SIBLINGS = (
    "OpenTelemetry's instrumentations of Mongoose and of the MongoDB driver, both on by default, "
    "give two sibling spans for one command: the library's around the driver's in time, without "
    "being its parent"
)
OPEN = {
    "mongoose_find_by_id_each": _SIBLINGS,
    "mongoose_populate_each": _SIBLINGS,
    "mongoose_create_each": _SIBLINGS,
    "mongoose_update_each": _SIBLINGS,
}
