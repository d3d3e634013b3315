"""Configure gunicorn: `clinic serve`, or `gunicorn --config python:clinic.gunicorn_conf`.

The incident happened to one process of eight threads: Python on one core, whatever the machine has.
WEB_CONCURRENCY, gunicorn's own variable, gives more processes.
"""

import gc
import os
import sys

from clinic.errors import ClinicError
from clinic.settings import ServerSettings
from clinic.telemetry import environment as otel_env
from clinic.telemetry.logs import logging_config

try:
    server = ServerSettings.from_env()
    otel_env.prepare(os.environ)
except ClinicError as error:
    print(f"clinic: {error}", file=sys.stderr)
    sys.exit(2)

wsgi_app = "clinic.app:create_app()"
bind = server.bind
worker_class = "gthread"
workers = server.workers
threads = server.threads
# The worker makes the application, after the fork, which exporter threads and database connections
# do not survive.
preload_app = False
# Longer than an exporter without a backend needs to give up (10 s): a stop sends what it can.
graceful_timeout = 30
# The control socket lies in the home directory, where a read-only root and a second instance fail.
control_socket_disable = True
logconfig_dict = logging_config(as_json=not sys.stdout.isatty())


def post_worker_init(_worker: object) -> None:
    """Let the collector pass over what stays for good, once the application is made.

    Spans wait in a queue for a second, so that collections get to see them: each would go through
    all modules and mappers as well.
    """
    gc.collect()
    gc.freeze()
