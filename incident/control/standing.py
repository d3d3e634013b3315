"""Tell the story of a stack that runs without a replay: its last minutes, and what was switched.

Every few seconds the meters are read; what was asked on the page is done within one. While a
replay is shown, nothing is read: the replay samples the stack itself.
"""

import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace

from harness.background import Repeating
from harness.errors import HarnessError
from incident.control.desk import (
    AUDIENCE,
    LEAVE,
    STRATEGY,
    USERS,
    Command,
    Desk,
    Leave,
    SetAudience,
    SetStrategy,
    SetUsers,
)
from incident.control.meters import Flags, FlagsFile, Meters, Reading
from incident.control.shown import Shown
from incident.errors import IncidentError
from incident.stack import flags
from incident.story import events as ev
from incident.story.story import PhaseSeen, Story

EVERY_S = 1.0
LOOK_EVERY_S = 3.0
KEPT_S = 900.0
NAME = "stack"


class Standing(Repeating):
    """Keep a page's story of the stack up to date, and do what the page is asked for."""

    def __init__(
        self,
        shown: Shown,
        desk: Desk,
        meters: Meters,
        flags_file: FlagsFile,
        links: Mapping[str, str],
        *,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        super().__init__(EVERY_S)
        self._look_every_s = look_every_s
        self._shown, self._desk = shown, desk
        self._meters, self._flags, self._links = meters, flags_file, links
        self._samples: deque[ev.Sample] = deque()
        self._switches: list[ev.Switch] = []
        self._alerts: list[ev.Alert] = []
        self._firing: Mapping[str, str] = {}
        self._in_force: Flags | None = None
        self._users: int | None = None
        self._look_at_s = 0.0
        self._began = time.monotonic()

    def turn(self) -> None:
        self._shown.check()
        if self._shown.is_live:
            return  # what is asked for is for the replay
        self._obey()
        if self._shown.in_replay:
            self._desk.offer(can=(LEAVE,))
            return
        self._desk.offer(strategies=flags.STRATEGIES, can=(STRATEGY, AUDIENCE, USERS))
        at_s = time.monotonic() - self._began
        if at_s >= self._look_at_s:
            self._look_at_s = at_s + self._look_every_s
            self._look(at_s)
            self._shown.stand(self.story())

    def story(self) -> Story:
        """Return the last minutes, on a clock that begins with them."""
        since_s = self._samples[0].at_s if self._samples else 0.0
        in_force = self._in_force
        begun = ev.PhaseBegun(
            at_s=0.0,
            name=NAME,
            title="The stack as it runs",
            text="",
            to_see="",
            strategy=in_force.strategy if in_force else "",
            audience_percent=in_force.audience_percent if in_force else 100.0,
            workers=1,
            dataset="demo",
        )
        return Story(
            begun=_begun(self._links),
            phases=[PhaseSeen(begun=begun)],
            samples=[replace(one, at_s=one.at_s - since_s) for one in self._samples],
            switches=[replace(one, at_s=max(0.0, one.at_s - since_s)) for one in self._switches],
            alerts=[replace(one, at_s=max(0.0, one.at_s - since_s)) for one in self._alerts],
            standing=True,
            users=self._users,
        )

    def _look(self, at_s: float) -> None:
        """Take a sample, and notice what has changed since the last one."""
        reading = self._meters.read()
        self._samples.append(_sample(at_s, reading))
        self._alerts.extend(_alerts(at_s, self._firing, reading.alerts))
        self._firing = reading.alerts
        now = self._flags.read()
        if now is not None:
            self._switches.extend(_switches(at_s, self._in_force, now))
            self._in_force = now
        if reading.users is not None:
            if self._users is not None and reading.users != self._users:
                self._switches.append(_switch(at_s, USERS, str(self._users), str(reading.users)))
            self._users = reading.users
        self._forget(at_s - KEPT_S)

    def _forget(self, before_s: float) -> None:
        while self._samples and self._samples[0].at_s < before_s:
            self._samples.popleft()
        self._switches = [one for one in self._switches if one.at_s >= before_s]
        self._alerts = [
            one
            for one in self._alerts
            if one.at_s >= before_s or (one.firing and one.name in self._firing)
        ]

    def _obey(self) -> None:
        while (command := self._desk.take()) is not None:
            try:
                self._do(command)
            except HarnessError as error:
                self._desk.told(command, str(error))
            else:
                self._desk.told(command)

    def _do(self, command: Command) -> None:
        match command:
            case SetStrategy(name):
                flags.switch(self._flags.path, name)
            case SetAudience(percent):
                flags.change(self._flags.path, f"--audience={percent:g}%")
            case SetUsers(users):
                self._meters.send(users)
            case Leave():
                self._shown.leave()
            case _:
                raise IncidentError(f"There is no replay that could do this: {command}.")


def _begun(links: Mapping[str, str]) -> ev.Begun:
    return ev.Begun(
        at_s=0.0,
        unix_s=0.0,
        command="",
        target="compose",
        dataset="demo",
        seed=0,
        before="",
        fix="",
        visitors_per_second=0.0,
        loop="closed",
        phases=[],
        links=links,
        versions={},
        machine={},
    )


def _sample(at_s: float, reading: Reading) -> ev.Sample:
    return ev.Sample(
        at_s=round(at_s, 3),
        phase=NAME,
        requests_per_second=reading.requests_per_second or 0.0,
        p50_ms=reading.p50_ms,
        p95_ms=reading.p95_ms,
        healthz_ms=reading.healthz_ms,
        statements_per_request=reading.statements_per_request,
        sql_per_minute=reading.sql_per_minute or 0.0,
        service_cpu_percent_of_core=reading.service_cpu_percent_of_core or 0.0,
        machine_cpu_percent=reading.machine_cpu_percent,
        waiting=0,
        gave_up=0,
        failures=reading.failures or 0,
    )


def _switches(at_s: float, before: Flags | None, now: Flags) -> Iterator[ev.Switch]:
    if before is not None and before.strategy != now.strategy:
        yield _switch(at_s, STRATEGY, before.strategy, now.strategy)
    if before is not None and before.audience_percent != now.audience_percent:
        was, shown = f"{before.audience_percent:g}%", f"{now.audience_percent:g}%"
        yield _switch(at_s, AUDIENCE, was, shown)


def _switch(at_s: float, what: str, before: str, now: str) -> ev.Switch:
    return ev.Switch(at_s=at_s, what=what, before=before, now=now)


def _alerts(at_s: float, before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[ev.Alert]:
    for name in sorted({*before, *now}):
        if name not in now:
            yield ev.Alert(at_s=at_s, name=name, firing=False, text="The alert is over.")
        elif name not in before:
            yield ev.Alert(at_s=at_s, name=name, firing=True, text=now[name])
