"""Ask the same service of users with httpx and the stable semantic conventions."""

import asyncio
import os

import httpx
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor

from nplusone.tests.corpus.programs.http_users import serving, users_app
from nplusone.tests.corpus.recording import Recorder


async def _run(recorder: Recorder, url: str) -> None:
    async with httpx.AsyncClient(base_url=url) as client:
        with recorder.request("httpx_loop", "/orders"):
            for number in range(1, 10):
                await client.get(f"/users/{number}")
        with recorder.request("httpx_gather", "/orders"):
            await asyncio.gather(*(client.get(f"/users/{number}") for number in range(1, 10)))
        with recorder.request("httpx_ids", "/orders"):
            await client.get("/users", params={"id": list(range(1, 10))})
        with recorder.request("httpx_different", "/orders"):
            for path in ("/settings", "/users", "/users/1", "/busy", "/messages", "/settings?x=1"):
                await client.get(path)
        with recorder.request("httpx_four", "/orders"):
            await asyncio.gather(*(client.get(f"/users/{number}") for number in range(1, 5)))


def main() -> None:
    """Record all cases of this program."""
    os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "database,http"
    recorder = Recorder("orders")
    app = users_app()
    FlaskInstrumentor().instrument_app(  # type: ignore[no-untyped-call]  # it is untyped
        app, tracer_provider=recorder.provider_of("users")
    )
    HTTPXClientInstrumentor().instrument(tracer_provider=recorder.provider)
    with serving(app) as url:
        asyncio.run(_run(recorder, url))


if __name__ == "__main__":
    main()
