"""Show a replay in a terminal as it goes: live in a terminal, a line for each event in a pipe."""

from collections import Counter
from collections.abc import Sequence
from typing import Self

from rich.console import Console as Rich
from rich.console import Group, RenderableType
from rich.file_proxy import FileProxy
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from incident.console import Console
from incident.story import events as ev
from incident.story.growing import Growing
from incident.story.story import Story
from incident.story.words import counted

BLOCKS = "▁▂▃▄▅▆▇█"
# As many samples as a curve shows.
CURVE = 32
NOTHING = "–"


class Terminal:
    """Show the story of a journal; `refresh` is called twice a second while the block runs.

    In a terminal, lines of the console appear above the figures.
    """

    def __init__(self, console: Console, journal: Growing) -> None:
        self._console, self._journal = console, journal
        self._told: Counter[str] = Counter()
        self._live: Live | None = None
        self._err = console.err

    def __enter__(self) -> Self:
        if self._console.is_live:
            rich = Rich(file=self._err, no_color=bool(self._console.environ.get("NO_COLOR")))
            self._live = Live(
                console=rich,
                auto_refresh=False,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
            # A line that is printed meanwhile goes above the figures.
            self._console.err = FileProxy(rich, self._err)  # type: ignore[assignment]  # it is text
        return self

    def __exit__(self, *_: object) -> None:
        self.refresh()
        if self._live is not None:
            self._live.stop()
            self._console.err = self._err

    def refresh(self) -> None:
        """Show what has come since the last time."""
        _, story = self._journal.copy()
        if self._live is not None:
            self._live.update(picture(story), refresh=True)
            return
        told = lines(story)
        # Not by place: figures of a phase may come after what happened later.
        left = self._told.copy()
        for line in told:
            if left[line]:
                left[line] -= 1
            else:
                self._console.step(line)
        self._told = Counter(told)


def lines(story: Story) -> list[str]:
    """Return a line for each phase, its figures, each switch, alert, finding and note; by time."""
    told: list[tuple[float, str]] = [
        # A phase ends as the next one begins: its figures come first.
        *((one.figures.at_s, _came_to(one.figures)) for one in story.phases if one.figures),
        *((one.begun.at_s, f"{one.begun.title}: {one.begun.text}") for one in story.phases),
        *((one.at_s, f"{one.title} is left out: {one.why}") for one in story.skipped),
        *((one.at_s, f"{one.what}: {one.before} → {one.now}") for one in story.switches),
        *((one.at_s, _alert(one)) for one in story.alerts),
        *((one.at_s, _finding(one)) for one in story.findings),
        *((one.at_s, _recovery(one)) for one in story.recoveries),
        *((one.at_s, one.text) for one in story.notes),
        *((one.at_s, f"Fell short: {one.text}") for one in story.shortfalls),
    ]
    if story.ended is not None:
        told.append((story.ended.at_s, story.ended.why or "The replay has ended."))
    return [line for _, line in sorted(told, key=lambda one: one[0])]


def picture(story: Story) -> RenderableType:
    """Return what a terminal shows: phase, figures with their curves, alert, finding."""
    parts: list[RenderableType] = [_figures(story)]
    if story.alerts and story.alerts[-1].firing:
        parts.append(Text(_alert(story.alerts[-1]), style="bold red"))
    if story.findings:
        parts.append(Text(_finding(story.findings[-1]), style="bold"))
    return Panel(Group(*parts), title=_heading(story), title_align="left", padding=(0, 1))


def spark(values: Sequence[float | None]) -> str:
    """Draw a curve from zero, a block for each value; a gap where there is none."""
    most = max((value for value in values if value is not None), default=0.0) or 1.0
    return "".join(
        " " if value is None else BLOCKS[min(int(value / most * len(BLOCKS)), len(BLOCKS) - 1)]
        for value in values
    )


def _heading(story: Story) -> Text:
    if story.current is None:
        return Text("The replay has ended" if story.ended else "Waiting for the first phase")
    begun = story.current.begun
    place = ""
    if story.begun is not None and begun.name in story.begun.phases:
        place = f" ({list(story.begun.phases).index(begun.name) + 1}/{len(story.begun.phases)})"
    seconds = story.now_s - begun.at_s
    return Text(f"{begun.title}{place}, {seconds:.0f} s, strategy {story.strategy}", style="bold")


def _figures(story: Story) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right", style="bold", min_width=9)
    table.add_column(style="cyan", no_wrap=True, overflow="crop")
    samples = story.samples[-CURVE:]
    rows = (
        ("requests/s", "{:.1f}", [one.requests_per_second for one in samples]),
        ("p50, ms", "{:,.0f}", [one.p50_ms for one in samples]),
        ("p95, ms", "{:,.0f}", [one.p95_ms for one in samples]),
        ("/healthz, ms", "{:,.0f}", [one.healthz_ms for one in samples]),
        ("statements/request", "{:,.0f}", [one.statements_per_request for one in samples]),
        ("SQL/min", "{:,.0f}", [one.sql_per_minute for one in samples]),
        ("service CPU, % of core", "{:.0f}", [one.service_cpu_percent_of_core for one in samples]),
        ("machine CPU, %", "{:.0f}", [one.machine_cpu_percent for one in samples]),
        ("waiting", "{:,.0f}", [float(one.waiting) for one in samples]),
        ("failures", "{:,.0f}", [float(one.failures) for one in samples]),
    )
    for name, form, values in rows:
        latest = values[-1] if values else None
        table.add_row(name, NOTHING if latest is None else form.format(latest), spark(values))
    return table


def _came_to(figures: ev.Figures) -> str:
    latency = ", ".join(f"{name} {ms:,.0f} ms" for name, ms in figures.latency_ms.items())
    statements = figures.statements_per_request.get("p50")
    cpu = figures.service_cpu_percent_of_core
    said = [
        f"{figures.name}: {counted(figures.requests, 'request')}, {figures.failures} failed",
        *([latency] if latency else []),
        *([f"{counted(statements, 'statement')} per request"] if statements is not None else []),
        *([] if cpu is None else [f"service {cpu:.0f} % of a core"]),
    ]
    return ", ".join(said)


def _alert(alert: ev.Alert) -> str:
    return f"Alert {alert.name} {'fires' if alert.firing else 'is over'}: {alert.text}"


def _finding(finding: ev.Finding) -> str:
    return (
        f"Found in {finding.took_s:.1f} s: {finding.repeats:,.0f} times {finding.statement} "
        f"in {finding.route}, from {finding.line}, in a loop of {finding.loop}. {finding.advice}"
    )


def _recovery(recovery: ev.Recovery) -> str:
    if recovery.seconds is None:
        return f"{recovery.strategy}: p95 did not come below {recovery.limit_ms:g} ms."
    return (
        f"{recovery.strategy}: p95 below {recovery.limit_ms:g} ms {recovery.seconds:.1f} s after "
        f"the switch, {recovery.failed_requests} failed requests."
    )
