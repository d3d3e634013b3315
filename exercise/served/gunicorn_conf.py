"""Configure gunicorn as the clinic does, for the clinic of an exercise."""

from clinic import gunicorn_conf as clinic

wsgi_app = "exercise.served.app:create_app()"
bind = clinic.bind
worker_class = clinic.worker_class
workers = clinic.workers
threads = clinic.threads
preload_app = clinic.preload_app
graceful_timeout = clinic.graceful_timeout
control_socket_disable = clinic.control_socket_disable
logconfig_dict = clinic.logconfig_dict
