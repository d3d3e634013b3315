"""Serve the control page of the compose stack, as a container of its own.

It shares nothing with the clinic but the folder of flags, and answers while the clinic is dead.
"""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import Interrupted
from harness.interrupts import Interrupts
from harness.ports import Port
from incident.control.desk import Desk
from incident.control.meters import FlagsFile, Meters
from incident.control.server import control_page
from incident.control.shown import Shown
from incident.control.standing import Standing
from incident.stack.places import CLINIC, CONTROL, GRAFANA, LOCUST_UI, PROMETHEUS, TRACE_UI

LOOK_AGAIN_S = 3600
# Within the stack's network, whatever the ports are outside of it.
INSIDE = CONTROL.number
LINKS = {
    "clinic": CLINIC,
    "traces": TRACE_UI,
    "Locust": LOCUST_UI,
    "Grafana": GRAFANA,
    "Prometheus": PROMETHEUS,
}
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    """Hold where the parts of the stack are, from here and from a browser."""

    prometheus: str
    locust: str
    flags_file: Path
    folder: Path
    published: int
    links: Mapping[str, str]

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings from the environment."""
        return cls(
            prometheus=environ.get("PROMETHEUS_ADDRESS", "http://prometheus:9090"),
            locust=environ.get("LOCUST_ADDRESS", "http://locust:8089"),
            flags_file=Path(environ.get("CLINIC_FLAGS_FILE", "/flags/flags.json")),
            folder=Path(environ.get("CONTROL_FOLDER", "/tmp")),
            published=int(environ.get(CONTROL.variable, CONTROL.number)),
            links={
                name: f"http://127.0.0.1:{environ.get(port.variable, port.number)}"
                for name, port in LINKS.items()
            },
        )


def main() -> None:
    """Serve until a signal."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    settings = Settings.from_env(os.environ)
    shown, desk = Shown(settings.folder), Desk()
    standing = Standing(
        shown,
        desk,
        Meters(settings.prometheus, settings.locust),
        FlagsFile(settings.flags_file),
        settings.links,
    )
    # The names by which a browser, Prometheus and the health check ask.
    also = [f"127.0.0.1:{settings.published}", f"localhost:{settings.published}"]
    also.append(f"control:{INSIDE}")
    port = Port(INSIDE, CONTROL.wanted_by, CONTROL.variable)
    with (
        Interrupts() as interrupts,
        control_page(port, shown, desk, host="0.0.0.0", also=also, replays=shown),
        standing,
    ):
        log.info("The control page: http://127.0.0.1:%s", settings.published)
        try:
            while True:
                interrupts.pause(LOOK_AGAIN_S)
        except Interrupted as ending:
            log.info("%s", ending)


if __name__ == "__main__":
    main()
