"""The clinic's strategies, each asked for once, on SQLite with the small dataset."""

import os
import tempfile
from pathlib import Path

from opentelemetry.sdk.metrics import MeterProvider

from clinic import close_app, create_app
from clinic.seed.datasets import DATASETS
from clinic.seed.generate import Rows, generate
from clinic.seed.load import store
from clinic.settings import Settings
from clinic.stories import STRATEGIES
from clinic.telemetry import DEFAULTS, Telemetry
from nplusone.tests.corpus.recording import Recorder


def main() -> None:
    """Record all cases of this program."""
    os.environ.update(DEFAULTS)
    recorder = Recorder("cat-clinic")
    rows = generate(DATASETS["test"], seed=1)
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{Path(folder, 'clinic.db')}"
        store(database, rows)
        settings = Settings(
            database_url=database,
            flags_file=Path(folder, "flags.json"),
            allow_strategy_override=True,
        )
        providers = Telemetry(recorder.provider, MeterProvider([], shutdown_on_exit=False))
        app = create_app(settings, providers)
        for strategy in STRATEGIES:
            with recorder.case(f"clinic_{strategy}"):
                query = {"clinic": _few_veterinarians(rows), "strategy": strategy}
                answer = app.test_client().get("/api/success-stories", query_string=query)
                assert answer.status_code == 200, answer.text
        close_app(app)


def _few_veterinarians(rows: Rows) -> str:
    """The clinic with fewer veterinarians than a finding needs repeats."""
    counts: dict[object, int] = {}
    for veterinarian in rows.veterinarian:
        counts[veterinarian["clinic_id"]] = counts.get(veterinarian["clinic_id"], 0) + 1
    few = min(rows.clinic, key=lambda clinic: abs(counts[clinic["id"]] - 3))
    name: str = few["name"]
    return name


if __name__ == "__main__":
    main()
