"""Write the report for code scanning: SARIF 2.1.0, as GitHub and others read it.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from otel_nplusone._core.excerpt import Excerpts
from otel_nplusone._core.model import RepeatClass
from otel_nplusone._core.summary import Summary
from otel_nplusone._report.text import trace_link
from otel_nplusone.scan import Result
from otel_nplusone.version import __version__

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# `clinic/db.py:41 in get_cat`, and a step of the way to the loop, `clinic/db.py:41 get_cat`
_CODE = re.compile(r"(?P<path>.+?):(?P<line>\d+)(?: (?:in )?(?P<function>.*))?$")
_ARROW = " ← "
_RULES = {
    RepeatClass.N_PLUS_ONE: "The same statement is sent for each row of another one.",
    RepeatClass.REDUNDANT: "The same statement is sent again and again with the same values.",
    RepeatClass.ROW_BY_ROW_WRITE: "Rows are written one by one.",
    RepeatClass.NESTED: "A loop sends several statements for each row.",
}


def render(result: Result, backend: str = "") -> str:
    """Return a SARIF log with one run."""
    excerpt = Excerpts()
    driver = {
        "name": "otel-nplusone",
        "version": __version__,
        "rules": [
            {"id": rule.value, "shortDescription": {"text": text}} for rule, text in _RULES.items()
        ],
    }
    run = {
        "tool": {"driver": driver},
        "results": [_result(summary, backend, excerpt) for summary in result.findings],
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {"level": "warning", "message": {"text": text}} for text in result.warnings
                ],
            }
        ],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _result(summary: Summary, backend: str, excerpt: Excerpts) -> dict[str, Any]:
    text = (
        f"{summary.route} sends {excerpt(summary.statement)} {summary.repeats_p50:,} times in one"
        f" request (at most {summary.repeats_max:,}). {summary.advice}"
        f" Worst trace: {trace_link(backend, summary.worst_trace_id)}"
    )
    return {
        "ruleId": summary.repeat_class.value,
        "level": "warning",
        "message": {"text": text},
        "locations": [_location(summary)],
        "relatedLocations": _related(summary),
        "partialFingerprints": {"otelNPlusOne/v1": "/".join(summary.key)},
    }


def _location(summary: Summary) -> dict[str, Any]:
    name = f"{summary.service} {summary.route}".strip()
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": name}]}
    found = _CODE.match(summary.code or "")
    if found:
        location["physicalLocation"] = _physical(found)
    return location


def _related(summary: Summary) -> list[dict[str, Any]]:
    """Return the ways to the loops, and the other places that send the statement."""
    ways = summary.places or ((summary.path,) if summary.path else ())
    steps = [step for way in ways for step in way.split(_ARROW)]
    found = {step: _CODE.match(step) for step in steps}
    return [
        {
            "id": number,
            "message": {"text": step.partition(" ")[2] or step},
            "physicalLocation": _physical(match),
        }
        for number, (step, match) in enumerate(found.items(), start=1)
        if match
    ]


def _physical(found: re.Match[str]) -> dict[str, Any]:
    return {
        "artifactLocation": {"uri": _uri(found["path"])},
        "region": {"startLine": max(1, int(found["line"]))},
    }


def _uri(text: str) -> str:
    path = Path(text)
    here = Path.cwd()
    if path.is_absolute() and not path.is_relative_to(here):
        return path.as_uri()
    return quote((path.relative_to(here) if path.is_absolute() else path).as_posix())
