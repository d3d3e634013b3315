"""Receive the visitors' spans as the compose file has them leave: soon, as the traces' roots."""

import os
from pathlib import Path

import yaml

from harness.processes import Command, Processes
from harness.project import PROJECT, tool
from tests.clinic.receiver import receiving

WORKER = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]["locust-worker"]
RUN_S = 5


def test_visitors_spans_leave_while_the_next_requests_are_made(tmp_path: Path) -> None:
    with receiving() as receiver, Processes(tmp_path / "logs") as processes:
        there = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.address,
            "OTEL_PYTHON_REQUESTS_EXCLUDED_URLS": "/v1/",
            "OTEL_PYTHON_URLLIB3_EXCLUDED_URLS": "/v1/",
        }
        # The receiver is the site as well: what it answers to a visitor makes no difference.
        options = ["--headless", "--otel", "--users=1", f"--run-time={RUN_S}s"]
        child = processes.start(
            Command(
                name="locust",
                argv=[
                    str(tool("locust")),
                    f"--locustfile={PROJECT / 'locustfiles' / 'success_stories.py'}",
                    f"--host={receiver.address}",
                    *options,
                ],
                env=os.environ | WORKER["environment"] | there,
                cwd=PROJECT,
                ends_by_itself=True,
            )
        )
        child.process.wait(timeout=90)

    # By the SDK's default of five seconds they would come in one or two.
    assert len(receiver.posts) >= 3
    assert all(post.is_of_traces for post in receiver.posts)
    resource = receiver.posts[0].traces().resource_spans[0].resource
    assert {pair.key: pair.value.string_value for pair in resource.attributes}[
        "service.name"
    ] == "visitors"
