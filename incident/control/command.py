"""Show the records of a replay as the page that it had: `incident control DIR`."""

from pathlib import Path

from harness.errors import Interrupted
from harness.interrupts import Interrupts
from harness.ports import Port
from incident.console import Console
from incident.control.desk import Desk
from incident.control.server import control_page
from incident.story.follow import follow

LOOK_AGAIN_S = 3600


def run(folder: Path, port: Port, console: Console) -> None:
    """Serve a folder's replay until a signal ends it; raise RecordError if there is none."""
    # A desk that offers nothing: what is shown may have ended, or belongs to another process.
    with (
        Interrupts() as interrupts,
        follow(folder) as followed,
        control_page(port, followed, Desk()) as address,
    ):
        console.result(f"{folder}: {address} (Ctrl-C ends this page, not the replay)")
        try:
            while True:
                interrupts.pause(LOOK_AGAIN_S)
        except Interrupted as ending:
            console.step(str(ending))
