"""Accept known findings, so that a build fails on new ones only.

A baseline is a report of an earlier scan: `otel-nplusone scan … --format json > baseline.json`.
"""

import json
from dataclasses import replace
from pathlib import Path

from otel_nplusone._core.summary import Key
from otel_nplusone.errors import UsageError
from otel_nplusone.scan import Result

_PARTS = ("class", "service", "route", "fingerprint")


def read_baseline(path: Path) -> frozenset[Key]:
    """Return the keys of the accepted findings; UsageError where the file is not a report."""
    try:
        findings = json.loads(path.read_bytes())["findings"]
        return frozenset(tuple(str(found[part]) for part in _PARTS) for found in findings)  # type: ignore[misc]  # four parts make a Key
    except OSError as error:
        raise UsageError(f"--baseline {path}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"--baseline {path}: not a report of otel-nplusone scan --format json"
        ) from error


def without(result: Result, accepted: frozenset[Key]) -> Result:
    """Return the result without the findings that are accepted."""
    return replace(result, findings=tuple(f for f in result.findings if f.key not in accepted))
