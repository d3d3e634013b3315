"""Configure gunicorn as the clinic does, for the clinic of an exercise."""

from clinic.gunicorn_conf import *  # noqa: F403  # whatever the clinic sets

wsgi_app = "exercise.served.app:create_app()"
