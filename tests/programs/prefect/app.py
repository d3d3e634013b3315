"""Serve Prefect's pages and API alone: what its background services do is timed, not asked for."""

from fastapi import FastAPI
from prefect.server.api.server import create_app


def served() -> FastAPI:
    return create_app(webserver_only=True)
