"""gunicorn for the clinic: `gunicorn --config service/gunicorn.conf.py`.

One process of eight threads is what the incident happened to: one core's worth of Python, whatever
the machine has. More processes with CLINIC_WORKERS, more threads with CLINIC_THREADS. (Gunicorn's
own WEB_CONCURRENCY is overruled: it answers a word with a traceback.)
"""

import sys

from clinic.errors import SettingsError
from clinic.logs import logging_config
from clinic.settings import ServerSettings, Settings

try:
    _served = ServerSettings.from_env()
    # The workers read theirs after the fork; what is wrong is better said once, and here.
    Settings.from_env()
except SettingsError as error:
    print(f"clinic: {error}", file=sys.stderr)
    sys.exit(2)

wsgi_app = "clinic:create_app()"
bind = _served.bind
worker_class = "gthread"
workers = _served.workers
threads = _served.threads
# The application is made in the worker, after the fork: exporter threads and database
# connections do not survive one.
preload_app = False
# Longer than an exporter without a backend needs to give up (10 s): a stop sends what it can.
graceful_timeout = 30
# It would be a socket in the home directory: in the way of a read-only root and of two instances.
control_socket_disable = True
logconfig_dict = logging_config(as_json=not sys.stdout.isatty())
