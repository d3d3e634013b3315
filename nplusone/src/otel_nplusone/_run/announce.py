"""Say each new kind of finding once, and all of them at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TextIO

from otel_nplusone._core.advice import advise
from otel_nplusone._core.excerpt import Excerpts
from otel_nplusone._core.model import Finding
from otel_nplusone._core.summary import Summarizer
from otel_nplusone._core.words import wrap
from otel_nplusone._report.text import render
from otel_nplusone.scan import Result

_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Judged:
    """Hold what was found in one request, and how many spans it had."""

    findings: Sequence[Finding]
    spans: int
    incomplete: bool


class Announcer:
    """Write findings to a stream; thread-safe."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._summarizer = Summarizer()
        self._said: set[tuple[str, str, str, str]] = set()
        self._traces = self._spans = self._incomplete = 0
        self._excerpt = Excerpts()
        self._lock = Lock()

    def take(self, judged: Judged) -> None:
        """Count a request, and say what is new in it."""
        with self._lock:
            self._traces += 1
            self._spans += judged.spans
            self._incomplete += judged.incomplete
            self._summarizer.add(list(judged.findings))
            for finding in judged.findings:
                self._say_once(finding)

    def close(self) -> None:
        """Say what was found in all; nothing, if there was no request."""
        with self._lock:
            if self._traces == 0:
                return
            found = tuple(self._summarizer.summaries())
            result = Result(found, self._traces, self._spans, self._incomplete, ())
            self._write(f"otel-nplusone: {render(result)}")

    def _say_once(self, finding: Finding) -> None:
        what, entry = finding.what, finding.entry
        kind = (what.repeat_class.value, entry.service, entry.route, what.fingerprint)
        if kind in self._said:
            return
        self._said.add(kind)
        lines = [f"otel-nplusone: {what.repeat_class.value} in {entry.route}: {what.repeats} times"]
        lines.append(wrap(self._excerpt(what.statement), _INDENT))
        lines += [f"at {place}"] if (place := what.path or what.code) else []
        lines.append(wrap(advise(what), _INDENT))
        self._write(f"\n{_INDENT}".join(lines) + "\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
