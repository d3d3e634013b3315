"""Visit the pages of an exercise: mostly the one that it is about, sometimes the others.

EXERCISE_VISITS=visits.json locust -f locustfiles/exercise.py --host http://127.0.0.1:8000

{"often": [["GET", "/success-stories?clinic=A"]], "seldom": [["GET", "/"]]}
"""

import json
import os
import random
from pathlib import Path
from typing import Any

from locust import HttpUser, between, task


def read_visits() -> dict[str, list[list[str]]]:
    """Return the methods and addresses that are visited often, and seldom."""
    told: dict[str, list[list[str]]] = json.loads(Path(os.environ["EXERCISE_VISITS"]).read_text())
    return told


class Visitor(HttpUser):
    wait_time = between(0.5, 1.5)

    def on_start(self) -> None:
        self.visits: dict[str, Any] = read_visits()

    @task(6)
    def often(self) -> None:
        self.visit(random.choice(self.visits["often"]))

    @task(4)
    def seldom(self) -> None:
        self.visit(random.choice(self.visits["seldom"]))

    def visit(self, which: list[str]) -> None:
        method, path = which
        self.client.request(method, path, name=f"{method} {path.split('?')[0]}")
