"""Send visitors in an open loop: they come when they come, however slow the clinic is.

    LOAD_FILE=load.json REQUEST_LOG=requests.jsonl locust -f locustfiles/arrivals.py \\
           --host http://127.0.0.1:8000 --headless

A user of Locust's waits for an answer before the next request: a dead service then sees few of
them, and its queue hides from the figures.  Here each visitor has a moment of arrival, and the time
of a page counts from it.  LOAD_FILE says how many come, and is read again when it is replaced:

    {"number": 1, "visitors_per_second": 20, "seed": "7/launch", "clinics": ["A", "B"],
     "at_once": 30, "patience_s": 30, "fresh": false, "strategy": null}

`number` grows with each load.  `at_once` visitors ask at the same time, the others wait in front
for `patience_s` and leave then; `fresh` sends those away who wait from before.  How it goes is
written to LOAD_FILE.status.
"""

import json
import os
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import gevent
from gevent.lock import Semaphore
from locust import task
from locust.contrib.fasthttp import FastHttpUser

# Locust puts a locustfile's own folder on sys.path; mypy does not know of that.
import replay  # type: ignore[import-not-found]  # isort: skip  # its listener writes REQUEST_LOG
from success_stories import complaint  # type: ignore[import-not-found]  # isort: skip

__all__ = ["Arrivals", "replay"]

NAP_S = 0.02
STATUS_EVERY_S = 0.1
# Of ten visitors one reads of the veterinarians: is the rest of the application alive?
STORIES_SHARE = 0.9
PAGES = {"/success-stories": "cat", "/veterinarians": "veterinarian"}


@dataclass(frozen=True, slots=True)
class Visit:
    """Hold one visitor: when they are due, how long after their load began, where, and who."""

    due_s: float
    offset_s: float
    path: str
    clinic: str
    session_id: str


@dataclass(frozen=True, slots=True)
class Load:
    """Hold one load: what LOAD_FILE says of it, and the room for those who ask at the same time."""

    told: Mapping[str, Any]
    slots: Semaphore

    @property
    def number(self) -> int:
        return int(self.told["number"])


def arrivals(told: Mapping[str, Any], began_s: float) -> Iterator[Visit]:
    """Yield visits as the seed says: the same ones, at the same distances, in every run."""
    rate, clinics = float(told["visitors_per_second"]), told["clinics"]
    if rate <= 0 or not clinics:
        return
    chance = random.Random(told["seed"])
    offset_s, stories = 0.0, 0
    for number in count():
        offset_s += chance.expovariate(rate)
        path = "/success-stories" if chance.random() < STORIES_SHARE else "/veterinarians"
        # In turn, so that each clinic is read even in a short phase.
        clinic = clinics[stories % len(clinics)]
        stories += path == "/success-stories"
        yield Visit(began_s + offset_s, offset_s, path, clinic, f"{told['seed']}-{number}")


class Crowd:
    """Hold who has come and has no answer yet, and count all."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._status = file.with_name(f"{file.name}.status")
        self._due: Iterator[Visit] = iter(())
        self._next: Visit | None = None
        self._written_s = 0.0
        self._keys = count()
        self.load: Load | None = None
        self.first_fresh = 0
        self.open: dict[int, float] = {}
        self.arrived = self.answered = self.gave_up = 0

    def follow(self, now_s: float) -> None:
        """Take another load, if the file names one."""
        try:
            told = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        if self.load is None or told["number"] != self.load.number:
            at_once = int(told["at_once"])
            same = self.load is not None and self.load.told["at_once"] == at_once
            slots = self.load.slots if self.load is not None and same else Semaphore(at_once)
            self.load = Load(told, slots)
            self.first_fresh = self.load.number if told["fresh"] else self.first_fresh
            self._due = arrivals(told, now_s)
            self._next = next(self._due, None)

    def due(self, now_s: float) -> Iterator[tuple[int, Visit]]:
        """Yield who has come by now, each with a number of their own."""
        while self._next is not None and self._next.due_s <= now_s:
            key = next(self._keys)
            self.open[key] = self._next.due_s
            self.arrived += 1
            yield key, self._next
            self._next = next(self._due, None)

    def tell(self, now_s: float) -> None:
        """Write how it goes."""
        if self.load is None or now_s - self._written_s < STATUS_EVERY_S:
            return
        self._written_s = now_s
        status = {
            "number": self.load.number,
            "arrived": self.arrived,
            "answered": self.answered,
            "gave_up": self.gave_up,
            "waiting_ms": [round((now_s - due_s) * 1000) for due_s in self.open.values()],
        }
        temporary = self._status.with_name(f".{self._status.name}")
        temporary.write_text(json.dumps(status), encoding="utf-8")
        temporary.replace(self._status)


class Arrivals(FastHttpUser):
    fixed_count = 1
    concurrency = 1000
    network_timeout = 120.0
    connection_timeout = 120.0

    @task
    def receive(self) -> None:
        """Let visitors come, each in a greenlet, until Locust stops."""
        crowd = Crowd(Path(os.environ["LOAD_FILE"]))
        while True:
            now_s = time.time()
            crowd.follow(now_s)
            for key, visit in crowd.due(now_s):
                gevent.spawn(self.admit, crowd, crowd.load, key, visit)
            crowd.tell(now_s)
            gevent.sleep(NAP_S)

    def admit(self, crowd: Crowd, load: Load, key: int, visit: Visit) -> None:
        """Let a visitor ask as soon as there is room, unless their patience ends before."""
        try:
            if not load.slots.acquire(timeout=float(load.told["patience_s"])):
                crowd.gave_up += 1
                return
            try:
                if load.number >= crowd.first_fresh:
                    self.ask(load, visit)
                    crowd.answered += 1
            finally:
                load.slots.release()
        finally:
            del crowd.open[key]

    def ask(self, load: Load, visit: Visit) -> None:
        query = {"clinic": visit.clinic}
        if load.told["strategy"]:
            query["strategy"] = load.told["strategy"]
        with self.client.get(
            f"{visit.path}?{urlencode(query)}",
            name=visit.path,
            # A visitor comes with a connection of their own: any worker may take it.
            headers={"X-Session-Id": visit.session_id, "Connection": "close"},
            context={
                "intended_time_unix_nano": int(visit.due_s * 1e9),
                "clinic": visit.clinic,
                "load": load.number,
                "offset_s": visit.offset_s,
            },
            catch_response=True,
        ) as response:
            self.client.cookiejar.clear()  # the next visitor is another one
            if response.status_code != 200:
                return  # a failure by itself
            page = response.text or ""
            wrong = complaint(page, clinic=visit.clinic, kind=PAGES[visit.path])
            if wrong and "data-coming-soon" not in page:
                response.failure(wrong)
