"""Run programs in other languages: how each is built, started and asked for its cases.

A program reads the name of a case from its standard input, does it, flushes its spans to the
collector, and answers with a line. Between two names nothing is sent.

    recorder ── "sequelize_lazy" ──►  program  ── OTLP ──► collector
    recorder ◄── "done" ────────────  program
"""

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from harness.waiting import wait_until
from nplusone.tests.corpus.clients import GO, JAVA, NODE, Program
from nplusone.tests.corpus.collector import Collector
from nplusone.tests.corpus.recording import write_document

PROJECT = Path(__file__).resolve().parents[3]
SOURCES = Path(__file__).parent / "programs"
# What is built and downloaded for them.
FOLDER = PROJECT / "var" / "corpus"
_FOLDERS = {NODE: "node", GO: "go", JAVA: "java"}
_LOCKS = ("package-lock.json", "go.sum", "pom.xml")
_TOOLS = {NODE: ("node", "npm"), GO: ("go",), JAVA: ("java", "mvn")}
_DEADLINE_S = 30
_AGENT = "opentelemetry-javaagent-2.16.0.jar"


def missing_tools(language: str) -> list[str]:
    """Return the tools of a language that are not on this machine."""
    return [tool for tool in _TOOLS.get(language, ()) if shutil.which(tool) is None]


def build(language: str) -> None:
    """Build the programs of a language in a folder of their own."""
    folder = FOLDER / _FOLDERS[language]
    shutil.copytree(SOURCES / _FOLDERS[language], folder, dirs_exist_ok=True)
    lock = next(folder / name for name in _LOCKS if (folder / name).exists()).read_bytes()
    stamp = folder / ".built"
    if language == NODE and stamp.exists() and stamp.read_bytes() == lock:
        return
    commands = {
        NODE: ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"],
        GO: ["go", "build", "-o", "corpus", "."],
        JAVA: ["mvn", "-q", "-B", "compile", "dependency:copy-dependencies"],
    }
    arguments = ["-DoutputDirectory=lib"] if language == JAVA else []
    subprocess.run([*commands[language], *arguments], cwd=folder, check=True)
    stamp.write_bytes(lock)


def record(
    program: Program, cases: Iterable[str], collector: Collector, servers: Mapping[str, str]
) -> None:
    """Start a program, and keep what it sends for each case."""
    environment = os.environ | dict(servers) | _telemetry(program, collector)
    process = subprocess.Popen(
        _command(program),
        cwd=FOLDER / _FOLDERS[program.language],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin and process.stdout
    with process:
        for case in ("ready", *cases):
            print(case, file=process.stdin, flush=True)
            answer = process.stdout.readline().strip()
            if answer != "done":
                process.kill()
                raise RuntimeError(f"{program.name} does not do {case}: it answers {answer!r}")
            if case != "ready":
                wait_until(
                    lambda: collector.holds(f"GET /{case}"),  # noqa: B023  # waited for at once
                    what=f"the root span of {case}",
                    deadline_s=_DEADLINE_S,
                )
                write_document(case, _only(collector.take(), f"GET /{case}"))
            else:
                collector.take()


def _only(request: ExportTraceServiceRequest, root: str) -> ExportTraceServiceRequest:
    """Leave the trace of one root: a pool may end spans of the case before only now."""
    scopes = [scope for resource in request.resource_spans for scope in resource.scope_spans]
    kept = {span.trace_id for scope in scopes for span in scope.spans if span.name == root}
    for scope in scopes:
        spans = [span for span in scope.spans if span.trace_id in kept]
        del scope.spans[:]
        scope.spans.extend(spans)
    return request


def _telemetry(program: Program, collector: Collector) -> dict[str, str]:
    return {
        "OTEL_SERVICE_NAME": program.name,
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        # Programs flush; an export that is under way already would not be waited for.
        "OTEL_BSP_SCHEDULE_DELAY": "100" if program.language == JAVA else "60000",
    }


def _command(program: Program) -> list[str]:
    if program.language == NODE:
        return ["node", "--require", "./telemetry.js", f"{program.name}.js"]
    if program.language == GO:
        return ["./corpus", program.name]
    classpath = f"target/classes{os.pathsep}lib/*"
    agent = f"-javaagent:lib/{_AGENT}"
    return ["java", "-Xmx512m", agent, "-cp", classpath, "Corpus", program.name]
