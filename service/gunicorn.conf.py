"""gunicorn for the clinic: `gunicorn --config service/gunicorn.conf.py`.

One process of eight threads is what the incident happened to: one core's worth of Python, whatever
the machine has. More processes with WEB_CONCURRENCY (gunicorn's own variable).
"""

import os
import sys

from clinic.logs import logging_config

wsgi_app = "clinic:create_app()"
bind = os.environ.get("CLINIC_BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
threads = int(os.environ.get("CLINIC_THREADS", "8"))
# The application is made in the worker, after the fork: exporter threads and database
# connections do not survive one.
preload_app = False
# Longer than an exporter without a backend needs to give up (10 s): a stop sends what it can.
graceful_timeout = 30
# It would be a socket in the home directory: in the way of a read-only root and of two instances.
control_socket_disable = True
logconfig_dict = logging_config(as_json=not sys.stdout.isatty())
