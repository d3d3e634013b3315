"""Have each statement wait as if the database stood at the other end of a network.

SQLite is in the process and PostgreSQL of a demonstration on the same machine: a round trip costs
next to nothing there, and a page that makes a thousand of them looks better than it will.
"""

import time
from typing import Any

from sqlalchemy import Engine, event

# The events that send a statement, and not those around them: what counts and traces statements
# begins before them and ends after them, and so the wait is in its time, as a network's is.
SENDING = ("do_execute", "do_execute_no_params", "do_executemany")


def add_latency(engine: Engine, latency_ms: float) -> None:
    """Make each statement of the engine wait for that many milliseconds; 0 adds nothing at all.

    The wait lets other threads run. Connecting, COMMIT and ROLLBACK do not wait.
    """
    if latency_ms <= 0:
        return

    def wait(*_: Any) -> None:  # returns nothing: the driver still sends the statement
        time.sleep(latency_ms / 1000)

    for name in SENDING:
        event.listen(engine, name, wait)
