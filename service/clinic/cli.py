"""Run the command `clinic`: serve the clinic, and look after its database and its flags."""

import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path

import click

from clinic.errors import ClinicError
from clinic.flags.edit import change, parse_percent
from clinic.seed.cli import DEFAULT_SEED, SEED, create_database, terminate
from clinic.seed.datasets import DATASETS
from clinic.stories.names import STRATEGY_NAMES


class CleanErrors(click.Group):
    """Print what the clinic raises on purpose as one line, and exit 2."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except ClinicError as error:
            click.echo(f"clinic: {error}", err=True)
            sys.exit(2)


@click.group(cls=CleanErrors, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Serve the cat clinic, and look after its database and its flags.

    Example: clinic seed --size demo
    """
    signal.signal(signal.SIGTERM, terminate)


@main.command()
@click.option("--size", type=click.Choice(list(DATASETS)), default="demo", show_default=True)
@click.option("--database-url", help="Default: DATABASE_URL, or sqlite:///var/clinic.db.")
@click.option("--seed", "seed_number", type=SEED, default=DEFAULT_SEED, show_default=True)
@click.option("--force", is_flag=True, help="Replace existing data.")
@click.option("--if-missing", is_flag=True, help="Do nothing if there is data already.")
def seed(
    *, size: str, database_url: str | None, seed_number: int, force: bool, if_missing: bool
) -> None:
    """Create the tables and fill them with a dataset: the same rows for the same --seed.

    Existing data is kept unless --force is given. An interrupted seeding leaves the database as
    it was.

    Example: clinic seed --size test --database-url sqlite:///var/test.db
    """
    from clinic.seed.load import holds_data  # with NumPy, which the other commands do without
    from clinic.settings import Settings

    environ = {} if database_url is None else {"DATABASE_URL": database_url}
    url = (Settings.from_env(environ) if environ else Settings.from_env()).database_url
    if if_missing and not force and holds_data(url):
        return
    create_database(size, url, seed_number, force=force)


@main.command()
@click.option("--strategy", metavar="NAME", help="How the page reads its cats, for everybody.")
@click.option("--audience", metavar="PERCENT", help="The share of visitors who get the page.")
@click.option(
    "--file",
    "--flags-file",
    "flags_file",
    type=click.Path(path_type=Path),
    help="Default: CLINIC_FLAGS_FILE, or var/flags/flags.json.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the flags, and those before, as JSON.")
def flags(
    *, strategy: str | None, audience: str | None, flags_file: Path | None, as_json: bool
) -> None:
    """Show the flags in the file, or change them and show what has changed.

    A running clinic follows within two seconds. A larger audience keeps everybody of the smaller.

    \b
    Example:
      clinic flags --strategy core
      clinic flags --audience 5%
    """
    path = flags_file or _flags_file()
    percent = None if audience is None else parse_percent(audience)
    before, now = change(path, STRATEGY_NAMES, strategy=strategy, percent=percent)
    if as_json:
        click.echo(json.dumps({"file": str(path), **asdict(now), "before": asdict(before)}))
        return
    click.echo(_told("strategy", now.strategy, before.strategy))
    click.echo(_told("audience", f"{now.audience_percent:g}%", f"{before.audience_percent:g}%"))


def _flags_file() -> Path:
    from clinic.settings import Settings  # with SQLAlchemy, three quarters of a command's memory

    return Settings.from_env().flags_file


def _told(name: str, now: str, before: str) -> str:
    return f"{name} {now}" if now == before else f"{name} {now} (was {before})"


@main.command()
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="gunicorn's configuration in place of the clinic's own.",
)
def serve(*, config: Path | None) -> None:
    """Serve the clinic with gunicorn: where CLINIC_BIND says, with CLINIC_THREADS threads.

    Example: CLINIC_BIND=127.0.0.1:8080 clinic serve
    """
    from clinic.server import serve as become_gunicorn

    become_gunicorn(config)
