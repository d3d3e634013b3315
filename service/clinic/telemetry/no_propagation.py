"""Pass no context on: OTEL_PROPAGATORS=none.

The SDK 1.45 then has a composite of no propagators, which answers a request's context with None
instead of an empty one: the Flask instrumentation attaches it, and every request fails.
"""

from opentelemetry.context import Context
from opentelemetry.propagators.textmap import (
    CarrierT,
    Getter,
    Setter,
    TextMapPropagator,
    default_getter,
    default_setter,
)


class NoPropagation(TextMapPropagator):
    """Begin a trace of its own with each request, and put nothing into the requests of others."""

    def extract(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        getter: Getter[CarrierT] = default_getter,
    ) -> Context:
        return Context() if context is None else context

    def inject(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        setter: Setter[CarrierT] = default_setter,
    ) -> None:
        return None

    @property
    def fields(self) -> set[str]:
        return set()
