"""Feature flags: flagd's file format, read in this process through OpenFeature.

The provider looks at the file twice a second, so that a change reaches every worker without a
restart. A run changes its own copy; service/flags.json, which it starts from, is never written.
"""

import logging
import os
import shutil
import tempfile
from pathlib import Path

from flask import Flask, current_app
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType

from clinic.errors import SettingsError
from clinic.stories import STRATEGIES

log = logging.getLogger(__name__)

EXTENSION = "clinic-flags"
STRATEGY_FLAG = "success-stories-strategy"
# What the code does when no flag says otherwise: the page as it was launched.
FALLBACK_STRATEGY = "naive"
POLL_INTERVAL_MS = 500
TEMPLATE = Path(__file__).resolve().parent.parent / "flags.json"


def init_app(app: Flask, flags_file: Path) -> None:
    """Read flags from a file, which is made from the template when there is none."""
    copy_template(flags_file)
    provider = FlagdProvider(
        resolver_type=ResolverType.FILE,
        offline_flag_source_path=str(flags_file),
        deadline_ms=POLL_INTERVAL_MS,
    )
    # A domain for each application: two of them in one process do not share their flags.
    domain = f"clinic-{id(app)}"
    try:
        api.set_provider_and_wait(provider, domain)
    except Exception as error:
        provider.shutdown()
        raise SettingsError(
            f"CLINIC_FLAGS_FILE={flags_file} cannot be read as flagd flags; "
            "mend it, or remove it to start from the template"
        ) from error
    app.extensions[EXTENSION] = api.get_client(domain)


def close_app(app: Flask) -> None:
    """Stop looking at the file."""
    client: OpenFeatureClient = app.extensions[EXTENSION]
    client.provider.shutdown()


def strategy() -> str:
    """Return the strategy in force; the fallback, with a warning, where the flag names no strategy.

    Costs 50 to 90 µs.
    """
    client: OpenFeatureClient = current_app.extensions[EXTENSION]
    details = client.get_string_details(STRATEGY_FLAG, FALLBACK_STRATEGY)
    if details.value in STRATEGIES and details.error_code is None:
        return details.value
    log.warning(
        "flag %s gives %r (%s), which is no strategy; using %s",
        STRATEGY_FLAG,
        details.value,
        details.error_message or "unknown variant",
        FALLBACK_STRATEGY,
    )
    return FALLBACK_STRATEGY


def copy_template(flags_file: Path) -> None:
    """Make the flag file if there is none: whole or not at all, also with many workers starting."""
    if flags_file.exists():
        return
    if not TEMPLATE.exists():
        raise SettingsError(
            f"CLINIC_FLAGS_FILE={flags_file} does not exist, and this installation has no template "
            "to make it from; copy service/flags.json there"
        )
    flags_file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=flags_file.parent, prefix=".flags-")
    try:
        with os.fdopen(handle, "wb") as copy, TEMPLATE.open("rb") as template:
            shutil.copyfileobj(template, copy)
        Path(name).chmod(0o644)
        os.link(name, flags_file)
    except FileExistsError:
        log.debug("another worker has made %s", flags_file)
    finally:
        Path(name).unlink()
