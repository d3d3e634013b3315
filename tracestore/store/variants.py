"""Tell what a span says about the variant of its request."""

from opentelemetry.proto.trace.v1.trace_pb2 import Span

# The first is the clinic's; the others are those of the semantic conventions, new and old.
VARIANT_KEYS = ("clinic.strategy", "feature_flag.result.variant", "feature_flag.variant")
_KEYS_IN_BYTES = tuple(key.encode() for key in VARIANT_KEYS)


def variant_of(span: Span) -> str:
    """Return the variant that a span names in an attribute or an event; empty if it names none."""
    said = {
        attribute.key: attribute.value.string_value
        for attributes in (span.attributes, *(event.attributes for event in span.events))
        for attribute in attributes
    }
    return next((said[key] for key in VARIANT_KEYS if said.get(key)), "")


def has_variant(body: bytes, variant: str) -> bool:
    """Tell whether a stored span names this variant; most are ruled out without decoding."""
    if not any(key in body for key in _KEYS_IN_BYTES):
        return False
    return variant_of(Span.FromString(body)) == variant
