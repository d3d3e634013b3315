"""Visitors of the cat clinics: mostly Success Stories, sometimes the list of veterinarians.

    locust -f locustfiles/success_stories.py --host http://127.0.0.1:8000           # web UI on 8089
    locust -f locustfiles/success_stories.py --host http://127.0.0.1:8000 \\
           --headless --users 30 --spawn-rate 30 --run-time 1m

A page with the wrong content is a failure even when its status is 200: a launch that shows
the wrong clinic, or no cats, is as broken as one that answers 500.
"""

import random
import re
from html import unescape

from locust import HttpUser, between, task


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


class Visitor(HttpUser):
    wait_time = between(0.5, 1.5)
    clinics: tuple[str, ...] = ()

    def on_start(self) -> None:
        self.look_up_clinics()

    @task(9)
    def read_success_stories(self) -> None:
        self.browse("/success-stories", kind="cat")

    @task(1)
    def read_veterinarians(self) -> None:
        self.browse("/veterinarians", kind="veterinarian")

    def look_up_clinics(self) -> None:
        with self.client.get("/api/clinics", catch_response=True) as response:
            if response.status_code == 200:
                self.clinics = tuple(clinic["name"] for clinic in response.json()["clinics"])
                if not self.clinics:
                    response.failure("there is no clinic: was the database seeded?")

    def browse(self, path: str, *, kind: str) -> None:
        if not self.clinics:  # the service was not there yet: ask again
            return self.look_up_clinics()
        clinic = random.choice(self.clinics)
        with self.client.get(
            path, params={"clinic": clinic}, name=path, catch_response=True
        ) as response:
            if response.status_code != 200:
                return  # a failure by itself
            if wrong := complaint(response.text, clinic=clinic, kind=kind):
                response.failure(wrong)
