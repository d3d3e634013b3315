"""Visit a flat's pages in ihatemoney, as one of the people who share the bills."""

import re
from pathlib import Path

import requests

from tests.programs.programs import Program

PAGES = (
    *("/", "/settle_bills", "/statistics", "/history", "/edit", "/add", "/edit/1"),
    *("/export/bills.json", "/export/bills.csv", "/export/transactions.json"),
)
RESOURCES = ("", "/bills", "/members", "/statistics")


def visit(browser: requests.Session, address: str) -> None:
    """Log in, look at each page once, and ask the API for the same."""
    form = browser.get(f"{address}/authenticate").text
    (token,) = set(re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', form))
    known = {"id": "flat", "password": "flat", "csrf_token": token}
    browser.post(f"{address}/authenticate", known).raise_for_status()
    for page in PAGES:
        browser.get(f"{address}/flat{page}", allow_redirects=False).raise_for_status()
    for resource in RESOURCES:
        url = f"{address}/api/projects/flat{resource}"
        browser.get(url, auth=("flat", "flat")).raise_for_status()


PROGRAM = Program(
    name="ihatemoney",
    package="ihatemoney",
    command=("gunicorn", "--bind", "127.0.0.1:{port}", "ihatemoney.wsgi:application"),
    visit=visit,
    ready="/healthcheck",
    environ={
        "IHATEMONEY_SETTINGS_FILE_PATH": str(Path(__file__).with_name("settings.py")),
        "DATABASE_URL": "sqlite:///{folder}/ihatemoney.db",
    },
)
