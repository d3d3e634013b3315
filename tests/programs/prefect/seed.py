"""Fill Prefect's database through its own API: flows, deployments, runs and their tasks."""

from fastapi.testclient import TestClient
from prefect.server.api.server import create_app

FLOWS = 6
RUNS = 2
TASKS = 3


def main() -> None:
    with TestClient(create_app(webserver_only=True)) as client:

        def create(path: str, **fields: object) -> str:
            answer = client.post(f"/api{path}", json=fields)
            answer.raise_for_status()
            return answer.json()["id"]

        create("/work_pools/", name="pool", type="process")
        for number in range(FLOWS):
            flow = create("/flows/", name=f"flow-{number}", tags=["nightly"])
            queue = f"queue-{number}"
            create("/work_pools/pool/queues", name=queue)
            deployment = create(
                "/deployments/",
                name=f"deployment-{number}",
                flow_id=flow,
                work_pool_name="pool",
                work_queue_name=queue,
                schedules=[{"active": True, "schedule": {"interval": 3600}}],
            )
            create(
                "/automations/",
                name=f"automation-{number}",
                trigger={
                    "type": "event",
                    "posture": "Reactive",
                    "expect": ["prefect.flow-run.Failed"],
                    "match_related": {"prefect.resource.id": f"prefect.flow.{flow}"},
                    "threshold": 1,
                },
                actions=[{"type": "pause-deployment", "deployment_id": deployment}],
            )
            create("/variables/", name=f"variable_{number}", value=str(number))
            create("/concurrency_limits/", tag=f"tag-{number}", concurrency_limit=3)
            for _ in range(RUNS):
                run = create(
                    f"/deployments/{deployment}/create_flow_run", state={"type": "SCHEDULED"}
                )
                for task in range(TASKS):
                    create(
                        "/task_runs/",
                        name=f"task-{task}",
                        flow_run_id=run,
                        task_key="task",
                        dynamic_key=str(task),
                        state={"type": "COMPLETED"},
                    )
                create(
                    "/artifacts/",
                    key=f"report-{number}",
                    type="markdown",
                    data="#",
                    flow_run_id=run,
                )


if __name__ == "__main__":
    main()
