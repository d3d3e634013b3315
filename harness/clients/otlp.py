"""Send spans over OTLP/HTTP, as an exporter does."""

import requests

TIMEOUT_S = 60


def send_spans(otlp: str, body: bytes) -> None:
    """Send an ExportTraceServiceRequest to an address; raise an OSError unless it is accepted."""
    requests.post(
        f"{otlp}/v1/traces",
        data=body,
        headers={"Content-Type": "application/x-protobuf"},
        timeout=TIMEOUT_S,
    ).raise_for_status()
