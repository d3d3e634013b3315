"""Write what is in force and seen for Prometheus, in its text format.

incident_phase{phase="launch",title="Launch"} 1   1 while it runs; 0 for every other phase
incident_strategy{strategy="naive"} 1      the strategy in force
incident_visitors_per_second 3.0           and the last sample's figures, where there are any
"""

from collections.abc import Iterator

from incident.control.now import audience_percent, visitors_per_second
from incident.story.events import Sample
from incident.story.story import Story

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(story: Story) -> str:
    """Return the metrics of a story."""
    return "".join(f"{line}\n" for line in _lines(story))


def _lines(story: Story) -> Iterator[str]:
    yield from _head("incident_phase", "Whether the phase of a replay runs.")
    for seen in story.phases if not story.standing else ():
        name, title = _escaped(seen.begun.name), _escaped(seen.begun.title)
        yield f'incident_phase{{phase="{name}",title="{title}"}} {int(seen is story.current)}'
    if story.strategy:
        yield from _head("incident_strategy", "The strategy in force.")
        yield f'incident_strategy{{strategy="{_escaped(story.strategy)}"}} 1'
    yield from _gauge("incident_audience_ratio", "The share who get the page.", _ratio(story))
    visitors = None if story.standing else visitors_per_second(story)
    yield from _gauge("incident_visitors_per_second", "Visitors who arrive.", visitors)
    if story.samples:
        yield from _sample(story.samples[-1])


def _ratio(story: Story) -> float | None:
    percent = audience_percent(story)
    return None if percent is None else percent / 100


def _sample(sample: Sample) -> Iterator[str]:
    figures = {
        "incident_requests_per_second": ("Answers.", sample.requests_per_second),
        "incident_latency_p50_seconds": ("Median from the start meant.", _seconds(sample.p50_ms)),
        "incident_latency_p95_seconds": ("From the start meant.", _seconds(sample.p95_ms)),
        "incident_healthz_seconds": ("Median of the health check.", _seconds(sample.healthz_ms)),
        "incident_statements_per_request": ("SQL statements.", sample.statements_per_request),
        "incident_visitors_waiting": ("Visitors without an answer yet.", sample.waiting),
    }
    for name, (text, value) in figures.items():
        yield from _gauge(name, text, value)


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _gauge(name: str, text: str, value: float | None) -> Iterator[str]:
    if value is not None:
        yield from _head(name, text)
        yield f"{name} {value:g}"


def _head(name: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} gauge"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
