"""Run the clinic's strategies, each asked for once, on SQLite with the small dataset."""

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from opentelemetry.sdk.metrics import MeterProvider

from clinic.app import close_app, create_app
from clinic.seed.datasets import DATASETS
from clinic.seed.generate import generate
from clinic.seed.load import store
from clinic.settings import Settings
from clinic.stories.strategies import STRATEGIES
from clinic.telemetry.environment import DEFAULTS
from clinic.telemetry.providers import Telemetry
from nplusone.tests.corpus.recording import Recorder

FEW_VETERINARIANS = """
    SELECT clinic.name FROM clinic JOIN veterinarian ON veterinarian.clinic_id = clinic.id
    GROUP BY clinic.id ORDER BY abs(count(*) - 3), clinic.name LIMIT 1
"""


def main() -> None:
    """Record all cases of this program."""
    os.environ.update(DEFAULTS)
    recorder = Recorder("cat-clinic")
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder, "clinic.db")
        store(f"sqlite:///{database}", generate(DATASETS["test"], seed=1))
        settings = Settings(
            database_url=f"sqlite:///{database}",
            flags_file=Path(folder, "flags.json"),
            allow_strategy_override=True,
        )
        providers = Telemetry(recorder.provider, MeterProvider([], shutdown_on_exit=False))
        app = create_app(settings, providers)
        for strategy in STRATEGIES:
            with recorder.case(f"clinic_{strategy}"):
                query = {"clinic": _few_veterinarians(database), "strategy": strategy}
                answer = app.test_client().get("/api/success-stories", query_string=query)
                assert answer.status_code == 200, answer.text
        close_app(app)


def _few_veterinarians(database: Path) -> str:
    """Return the clinic with fewer veterinarians than a finding needs repeats."""
    with closing(sqlite3.connect(database)) as connection:
        (name,) = connection.execute(FEW_VETERINARIANS).fetchone()
    return str(name)


if __name__ == "__main__":
    main()
