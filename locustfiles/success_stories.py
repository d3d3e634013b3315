"""Visit the cat clinics: mostly Success Stories, sometimes veterinarians or an appointment.

    locust -f locustfiles/success_stories.py --host http://127.0.0.1:8000           # web UI on 8089
    locust -f locustfiles/success_stories.py --host http://127.0.0.1:8000 \\
           --headless --users 30 --spawn-rate 30 --run-time 1m

A page with the wrong content is a failure even when its status is 200: a launch that shows
the wrong clinic, or no cats, is as broken as one that answers 500.
"""

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import count
from typing import Any

from locust import HttpUser, between, tag, task

HALF_HOUR = timedelta(minutes=30)
# No two appointments want one slot: each is numbered, and each of Locust's workers
# has numbers of its own. The first is random, as earlier runs may have taken the same slots.
WORKERS = 64
SLOTS_PER_WORKER = 400
_numbers = count(random.randrange(SLOTS_PER_WORKER))


def complaint(page: str, *, clinic: str, kind: str) -> str | None:
    """Say what is wrong with a page that lists a clinic's cats or veterinarians, if anything."""
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", page, re.DOTALL)
    if heading is None or clinic not in unescape(heading[1]):
        return f"the heading does not name {clinic!r}"
    stated = re.search(rf'data-{kind}-count="(\d+)"', page)
    if stated is None or int(stated[1]) == 0:
        return f"the page of {clinic!r} states no {kind}"
    shown = page.count(f'class="{kind}"')
    if shown != int(stated[1]):
        return f"the page of {clinic!r} states {stated[1]} of {kind} and shows {shown}"
    return None


def slot(number: int, worker: int = 0) -> datetime:
    """Return a start within the next eighteen months for a number of a worker's."""
    tomorrow = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    return tomorrow + HALF_HOUR * (number % SLOTS_PER_WORKER * WORKERS + worker % WORKERS)


class Visitor(HttpUser):
    wait_time = between(0.5, 1.5)
    clinics: tuple[dict[str, str], ...] = ()
    # What an appointment of this visitor's is for: made up at the first one.
    patient: dict[str, str] | None = None

    def on_start(self) -> None:
        self.look_up_clinics()

    @task(18)
    def read_success_stories(self) -> None:
        self.browse("/success-stories", kind="cat")

    @task(2)
    def read_veterinarians(self) -> None:
        self.browse("/veterinarians", kind="veterinarian")

    @tag("appointments")
    @task(1)
    def make_and_cancel_an_appointment(self) -> None:
        if not self.clinics:
            return self.look_up_clinics()
        self.patient = self.patient or self.somebodys_cat()
        if self.patient is None:
            return
        wanted = self.patient | {"start": self.next_slot().isoformat()}
        with self.ask("POST", "/api/appointments", json=wanted, expect=201) as booked:
            if not booked:
                return
        address = f"/api/appointments/{booked['id']}"
        with self.ask("GET", address, name="/api/appointments/[id]") as seen:
            if seen and seen != booked:
                raise WrongContent(f"the appointment {booked} has become {seen}")
        with self.ask("DELETE", address, name="/api/appointments/[id] (cancel)", expect=204):
            pass

    def look_up_clinics(self) -> None:
        with self.ask("GET", "/api/clinics") as answer:
            self.clinics = tuple(answer.get("clinics", ()))
            if answer and not self.clinics:
                raise WrongContent("there is no clinic: was the database seeded?")

    def somebodys_cat(self) -> dict[str, str] | None:
        """Choose an owner, one of the owner's cats, and the veterinarian whom they prefer."""
        clinic = random.choice(self.clinics)
        with self.ask(
            "GET", f"/api/clinics/{clinic['id']}/owners", name="/api/clinics/[id]/owners"
        ) as answer:
            if not answer.get("owners"):
                return None
        owner = f"/api/owners/{random.choice(answer['owners'])['id']}"
        with self.ask("GET", owner, name="/api/owners/[id]") as found:
            if not found:
                return None
        with self.ask("GET", f"{owner}/cats", name="/api/owners/[id]/cats") as own:
            if not own.get("cats"):
                return None
        return {
            "cat_id": random.choice(own["cats"])["id"],
            "owner_id": found["id"],
            "clinic_id": found["preferred_veterinarian"]["clinic_id"],
            "veterinarian_id": found["preferred_veterinarian"]["id"],
        }

    def next_slot(self) -> datetime:
        runner: Any = self.environment.runner
        return slot(next(_numbers), worker=max(runner.worker_index, 0))

    def browse(self, path: str, *, kind: str) -> None:
        if not self.clinics:  # the service was not there yet: ask again
            return self.look_up_clinics()
        clinic = random.choice(self.clinics)["name"]
        with self.client.get(
            path, params={"clinic": clinic}, name=path, catch_response=True
        ) as response:
            if response.status_code != 200:
                return  # a failure by itself
            if wrong := complaint(response.text, clinic=clinic, kind=kind):
                response.failure(wrong)

    @contextmanager
    def ask(
        self, method: str, path: str, *, expect: int = 200, **options: Any
    ) -> Iterator[dict[str, Any]]:
        """Send a request of the API and yield its answer, empty if it is not the expected one.

        WrongContent that is raised while the answer is looked at makes a failure of the request.
        """
        with self.client.request(method, path, catch_response=True, **options) as response:
            try:
                if response.status_code == expect:
                    yield response.json() if response.content else {}
                else:
                    response.failure(f"{method} {path}: {response.status_code}, not {expect}")
                    yield {}
            except WrongContent as wrong:
                response.failure(str(wrong))


class WrongContent(Exception):
    """Report an answer that has the right status and the wrong content."""
