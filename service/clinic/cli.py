"""The command `clinic`: serve the clinic, and look after its database and its flags."""

import signal
import sys
from pathlib import Path

import click

from clinic.errors import ClinicError
from clinic.flag_edit import flags_in, parse_percent, set_audience
from clinic.flag_file import audience_percent, default_strategy
from clinic.seed.cli import DEFAULT_SEED, SEED, create_database, terminate
from clinic.seed.datasets import DATASETS
from clinic.seed.load import holds_data
from clinic.server import serve as become_gunicorn
from clinic.settings import Settings
from clinic.stories import STRATEGIES


class CleanErrors(click.Group):
    """Print what the clinic raises on purpose as one line, and exit 2."""

    def invoke(self, ctx: click.Context) -> object:
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
@click.option("--force", is_flag=True, help="Replace the data that is there.")
@click.option("--if-missing", is_flag=True, help="Succeed in silence if there is data already.")
def seed(
    *, size: str, database_url: str | None, seed_number: int, force: bool, if_missing: bool
) -> None:
    """Create the tables and fill them with a dataset: the same rows for the same --seed.

    Data that is there is not touched without --force. An interrupted seeding leaves the old
    database, or none.

    Example: clinic seed --size test --database-url sqlite:///var/test.db
    """
    environ = {} if database_url is None else {"DATABASE_URL": database_url}
    url = (Settings.from_env(environ) if environ else Settings.from_env()).database_url
    if if_missing and not force and holds_data(url):
        return
    create_database(size, url, seed_number, force=force)


@main.command()
@click.option("--audience", metavar="PERCENT", help="The share of visitors who get the page.")
@click.option(
    "--flags-file",
    type=click.Path(path_type=Path),
    help="Default: CLINIC_FLAGS_FILE, or var/flags/flags.json.",
)
def flags(*, audience: str | None, flags_file: Path | None) -> None:
    """Show the flags in the file, and change the audience of the Success Stories.

    A running clinic follows within two seconds. A larger audience keeps everybody of the smaller.

    Example: clinic flags --audience 5%
    """
    path = flags_file or Settings.from_env().flags_file
    if audience is None:
        found = flags_in(path, STRATEGIES)
    else:
        found = set_audience(path, parse_percent(audience), STRATEGIES)
    click.echo(f"strategy {default_strategy(found)}")
    click.echo(f"audience {audience_percent(found):g}%")


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
    become_gunicorn(config)
