"""One statement of one entry span, counted."""

from collections.abc import Mapping

from otel_nplusone import semconv
from otel_nplusone.fingerprint import Fingerprint, fingerprint
from otel_nplusone.model import RepeatClass

# A loader's chunk is long. A short list beside `= ?` is a condition of a query that repeats:
# WHERE owner_id = ? AND status IN (?, ?)
_SHORT_LIST = 20
(_BATCH_SIZE,) = semconv.BATCH_SIZE
_VALUES_HASH = semconv.VALUES_HASH


class Group:
    """The repeats of one statement: counters, and no spans but their ids."""

    __slots__ = (
        "_batched",
        "_first_attributes",
        "_first_text",
        "_has_parameters",
        "_last_attributes",
        "_latest_end_ns",
        "_list_size",
        "_overlaps",
        "_unknown_values",
        "_values",
        "covered_ns",
        "errors_before",
        "namespace",
        "number",
        "repeats",
        "source_span_id",
        "source_statement",
        "span_ids",
        "statement",
        "system",
    )

    def __init__(
        self,
        number: int,
        statement: Fingerprint,
        system: str,
        namespace: str,
        text: str,
        attributes: Mapping[str, object],
        source: "Group | None",
    ) -> None:
        self.number = number
        self.statement = statement
        self.system = system
        self.namespace = namespace
        self.source_statement = source.statement.text if source else None
        self.source_span_id = source.span_ids[-1] if source else None
        self.span_ids: list[str] = []
        self.repeats = 0
        self.covered_ns = 0
        self.errors_before = 0
        self._first_text = text
        self._first_attributes = attributes
        self._last_attributes = attributes
        self._batched = False
        self._list_size = statement.list_size
        self._has_parameters = any(key.startswith(semconv.QUERY_PARAMETER) for key in attributes)
        self._values: set[int] = set()
        # Most spans tell nothing of their values: nothing is looked for again then.
        self._unknown_values = statement.has_binds and self._known_values(attributes) is None
        self._latest_end_ns = 0
        self._overlaps = 0

    def add(
        self, span_id: str, text: str, attributes: Mapping[str, object], start_ns: int, end_ns: int
    ) -> int:
        """Count one more; in the order of the starts, so that the time covered is exact."""
        self.repeats += 1
        self.span_ids.append(span_id)
        self._last_attributes = attributes
        latest = self._latest_end_ns
        if start_ns < latest:
            self._overlaps += 1
            start_ns = latest
        if end_ns > start_ns:
            self.covered_ns += end_ns - start_ns
            self._latest_end_ns = end_ns
        if text != self._first_text:
            self._look_again(text)
        if not self._unknown_values:
            known = attributes.get(_VALUES_HASH)
            if type(known) is str:
                self._values.add(hash(known))
            else:
                self._add_values(text, attributes)
        if _BATCH_SIZE in attributes:
            size = semconv.number(attributes, semconv.BATCH_SIZE)
            self._batched = self._batched or (size is not None and size > 1)
        return self.repeats

    def _add_values(self, text: str, attributes: Mapping[str, object]) -> None:
        """Remember which values it came with, as far as a span without their hash tells."""
        known = self._known_values(attributes)
        if known is not None:
            self._values.add(hash(known))
        elif self.statement.has_binds:
            self._unknown_values = True
        else:
            self._values.add(hash(text))

    def _known_values(self, attributes: Mapping[str, object]) -> str | None:
        known = attributes.get(semconv.VALUES_HASH)
        if known is None and self._has_parameters:
            known = _parameters(attributes)
        return known if type(known) is str else None

    def _look_again(self, text: str) -> None:
        """Another text with the same fingerprint: its list may be longer, its values bound."""
        statement = fingerprint(text)
        self._list_size = max(self._list_size, statement.list_size)
        if statement.has_binds:
            self.statement = statement

    @property
    def distinct_values(self) -> int | None:
        """How many different values it came with; None where spans do not tell."""
        return None if self._unknown_values else len(self._values)

    @property
    def is_overlapping(self) -> bool:
        """Whether at least half of the repeats began before an earlier one had ended."""
        return self._overlaps * 2 >= self.repeats

    @property
    def code(self) -> str | None:
        """Where in the caller's code it is sent; spans may tell from some repeat on only."""
        return semconv.code_location(self._last_attributes) or semconv.code_location(
            self._first_attributes
        )

    @property
    def relationship(self) -> str | None:
        """The relationship that a lazy load was for, `Appointment.cat`."""
        return semconv.text(self._last_attributes, (semconv.RELATIONSHIP,)) or None

    def repeat_class(self, min_repeats: int) -> RepeatClass:
        """What the repeats are.

        Fewer different values than would be worth telling: without the redundancy there would be
        no finding, so that the redundancy is the fault.
        """
        distinct = self.distinct_values
        is_batch = self._batched or self.statement.many_rows
        if not is_batch and self.statement.is_write and not self._is_chunk:
            return RepeatClass.ROW_BY_ROW_WRITE
        if is_batch or (self._is_chunk and (distinct is None or distinct > 1)):
            return RepeatClass.CHUNKED_BATCH
        if distinct is not None and distinct < min_repeats:
            return RepeatClass.REDUNDANT
        return RepeatClass.N_PLUS_ONE

    @property
    def _is_chunk(self) -> bool:
        if self.statement.has_equality and self._list_size < _SHORT_LIST:
            return False
        return self._list_size > 0


def _parameters(attributes: Mapping[str, object]) -> str | None:
    """The values of db.query.parameter.*, where the instrumentation was told to record them."""
    found = sorted(
        (key, str(value))
        for key, value in attributes.items()
        if key.startswith(semconv.QUERY_PARAMETER)
    )
    return str(found) if found else None
