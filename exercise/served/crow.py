"""Serve the veterinarians with what the registry of licences says of them."""

import os
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import quote

import urllib3
from flask import Flask, render_template
from opentelemetry import trace
from opentelemetry.trace import SpanKind

from clinic import queries
from clinic.db import get_session
from clinic.pages.directory import choose_clinic
from clinic.pages.parameters import clinic_name_or_none


def licences(numbers: Sequence[str]) -> Mapping[str, str]:
    """Return until when each licence is valid, by its number."""
    return {number: ask(f"/licences/{quote(number)}")["valid_until"] for number in numbers}


def ask(path: str) -> Any:
    """Ask the registry, and return its answer; what it offers is written in registry.py."""
    url = f"{os.environ['EXERCISE_REGISTRY']}{path}"
    tracer = trace.get_tracer_provider().get_tracer(__name__)
    with tracer.start_as_current_span(
        "GET registry",
        kind=SpanKind.CLIENT,
        attributes={"http.request.method": "GET", "url.full": url},
    ) as span:
        answer = _connections().request("GET", url)
        span.set_attribute("http.response.status_code", answer.status)
        return answer.json()


def install(app: Flask) -> None:
    """Serve this in the place of the clinic's own page."""
    app.view_functions["pages.veterinarians"] = _page


def _page() -> str:
    name = clinic_name_or_none()
    if name is None:
        return choose_clinic("pages.veterinarians", "Veterinarians")
    found = queries.veterinarians_of(get_session(), name)
    valid_until = licences([one.license_number for one in found])
    return render_template(
        "licensed.html", clinic_name=name, veterinarians=found, valid_until=valid_until
    )


@cache
def _connections() -> urllib3.PoolManager:
    return urllib3.PoolManager(maxsize=8, timeout=10, retries=False)
