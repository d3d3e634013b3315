"""Define the commands create-test-db and create-prod-db, and what `clinic seed` shares."""

import signal
import sys
from types import FrameType

import click

from clinic.errors import ClinicError, SeedError
from clinic.seed.datasets import DATASETS

DEFAULT_SEED = 20
SEED = click.IntRange(min=0)


def create_database(size: str, url: str, seed_number: int, *, force: bool) -> None:
    """Seed a database with a dataset, and show the progress in a terminal.

    Raise SeedError for data that is there already, unless it may be replaced.
    """
    # Imported here: NumPy is a quarter of the memory of a command that seeds nothing.
    from clinic.seed.generate import generate
    from clinic.seed.load import holds_data, refuse_other_files, store

    refuse_other_files(url)
    if not force and holds_data(url):
        raise SeedError(
            "The database holds data already, which is left as it is. To replace it, say --force."
        )
    rows = generate(DATASETS[size], seed_number)
    label = f"{rows.total:,} rows, then their indexes"
    with click.progressbar(length=rows.total, label=label, file=sys.stderr) as bar:
        store(url, rows, bar.update)
    counts = ", ".join(f"{count} {table}" for table, count in rows.counts.items())
    click.echo(f"seeded {size}: {counts}", err=True)


def terminate(_signal: int, _frame: FrameType | None) -> None:
    """Leave by way of an exception, so that a half-written database is cleared away."""
    sys.exit(128 + signal.SIGTERM)


def _command(size: str) -> click.Command:
    """Make the command that creates the database of a dataset."""
    name = f"create-{size}-db"

    @click.command(
        name,
        help=f"Create {size}.db, a SQLite database of the dataset `{size}`, or fill another."
        f"\n\nExample: {name} --database-url postgresql+psycopg://me@localhost/clinic",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    @click.option("--database-url", default=f"sqlite:///{size}.db", show_default=True)
    @click.option("--seed", "seed_number", type=SEED, default=DEFAULT_SEED, show_default=True)
    @click.option("--force", is_flag=True, help="Replace the data that is there.")
    def create(*, database_url: str, seed_number: int, force: bool) -> None:
        from clinic.settings import Settings

        signal.signal(signal.SIGTERM, terminate)
        try:
            url = Settings.from_env({"DATABASE_URL": database_url}).database_url
            create_database(size, url, seed_number, force=force)
        except ClinicError as error:
            click.echo(f"{name}: {error}", err=True)
            sys.exit(2)
        except KeyboardInterrupt:
            click.echo(f"\n{name}: interrupted; what was there before is there still", err=True)
            sys.exit(130)

    return create


create_test_db = _command("test")
create_prod_db = _command("prod")
