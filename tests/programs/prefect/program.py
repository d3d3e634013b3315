"""Ask Prefect's server for what its own page asks for."""

from time import sleep

import requests

from harness.waiting import wait_until
from tests.programs.programs import Program

READ = ("/admin/version",)
ASKED = (
    "/flows/filter",
    "/flows/paginate",
    "/flow_runs/filter",
    "/flow_runs/paginate",
    "/flow_runs/history",
    "/task_runs/filter",
    "/task_runs/paginate",
    "/deployments/filter",
    "/deployments/paginate",
    "/work_pools/filter",
    "/work_queues/filter",
    "/work_pools/pool/queues/filter",
    "/work_pools/pool/get_scheduled_flow_runs",
    "/artifacts/filter",
    "/artifacts/latest/filter",
    "/automations/filter",
    "/variables/filter",
    "/concurrency_limits/filter",
    "/block_types/filter",
    "/block_documents/filter",
    "/logs/filter",
    "/events/filter",
)
# What a page that needs more than a filter is asked with.
WORDS = {
    "/flow_runs/history": {
        "history_start": "2026-01-01T00:00:00Z",
        "history_end": "2027-01-01T00:00:00Z",
        "history_interval_seconds": 2_592_000,
    },
}


def visit(browser: requests.Session, address: str) -> None:
    """Look at each list, and at each deployment and each run of the first flow."""
    api = f"{address}/api"

    def asked(path: str) -> requests.Response:
        answer = browser.post(api + path, json=WORDS.get(path, {}))
        answer.raise_for_status()
        return answer

    for path in READ:
        browser.get(api + path).raise_for_status()
    for path in ASKED:
        asked(path)
    wait_until(
        lambda: all(one["status"] == "READY" for one in asked("/deployments/filter").json()),
        what="the task that marks polled deployments",
        deadline_s=60,
        pause=sleep,
    )
    for run in asked("/flow_runs/filter").json()[:3]:
        browser.get(f"{api}/flow_runs/{run['id']}").raise_for_status()
        browser.get(f"{api}/flow_runs/{run['id']}/graph-v2").raise_for_status()
    for deployment in asked("/deployments/filter").json()[:3]:
        browser.get(f"{api}/deployments/{deployment['id']}").raise_for_status()


PROGRAM = Program(
    name="prefect",
    package="prefect",
    command=("uvicorn", "--factory", "app:served", "--port", "{port}"),
    visit=visit,
    ready="/api/health",
    environ={
        "PREFECT_HOME": "{folder}/prefect",
        "PREFECT_API_DATABASE_CONNECTION_URL": "sqlite+aiosqlite:///{folder}/prefect.db",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    },
)
