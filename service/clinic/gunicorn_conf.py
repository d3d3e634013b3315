"""gunicorn for the clinic: `clinic serve`, or `gunicorn --config python:clinic.gunicorn_conf`.

One process of eight threads is what the incident happened to: one core's worth of Python, whatever
the machine has. More processes with WEB_CONCURRENCY (gunicorn's own variable).
"""

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
# The application is made in the worker, after the fork: exporter threads and database
# connections do not survive one.
preload_app = False
# Longer than an exporter without a backend needs to give up (10 s): a stop sends what it can.
graceful_timeout = 30
# It would be a socket in the home directory: in the way of a read-only root and of two instances.
control_socket_disable = True
logconfig_dict = logging_config(as_json=not sys.stdout.isatty())
