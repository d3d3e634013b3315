"""Guard the names that other programs rely on: each that comes or goes is a decision."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import otel_nplusone

PROMISED = {
    "otel_nplusone": {
        *("Entry", "Finding", "Kind", "RepeatClass", "Repeats", "Span", "SpanKind", "Trace"),
        *("__version__", "advise", "find_n_plus_one", "fingerprint", "ignore"),
    },
    "otel_nplusone.jaeger": {
        *("MOST_SPANS", "Ask", "JaegerApi", "NotFoundHereError", "Reading", "Search", "Stored"),
        *("Window", "get_json"),
    },
    "otel_nplusone.live": {
        *("DbSpanProcessor", "NPlusOneSpanProcessor", "RunningRequests", "attributes_of"),
        "is_statement",
    },
    "otel_nplusone.predict": {
        *(
            "Figures",
            "Growth",
            "Interval",
            "Line",
            "Loop",
            "Outlook",
            "Prediction",
            "Repair",
            "predict",
        ),
    },
    "otel_nplusone.read": {
        *("Skipped", "from_protobuf", "read_file", "read_messages", "stands_for", "statement_of"),
    },
    "otel_nplusone.report": {
        *("Excerpts", "as_markdown", "as_text", "document", "schema", "shorten"),
    },
}
DOORS = {
    *("cli", "errors", "exporter", "jaeger", "live", "pytest_plugin", "read", "report", "scan"),
    *("predict", "doctor", "asyncpg", "django", "psycopg", "sqlalchemy", "version"),
}


@pytest.mark.parametrize("door", PROMISED)
def test_a_door_promises_these_names_and_has_them(door: str) -> None:
    module = import_module(door)

    assert set(module.__all__) == PROMISED[door]
    assert all(getattr(module, name) is not None for name in module.__all__)


def test_what_is_no_door_is_called_private() -> None:
    folder = Path(otel_nplusone.__file__).parent
    rooms = {path.stem for path in folder.iterdir() if path.suffix == ".py" or path.is_dir()}

    assert {name for name in rooms if not name.startswith("_")} == DOORS


def test_a_name_that_is_not_promised_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'otel_nplusone' has no attribute 'tally'"):
        _ = otel_nplusone.tally


def test_the_package_alone_loads_nothing_of_the_detector() -> None:
    program = "import sys, otel_nplusone; print([m for m in sys.modules if '_core' in m])"

    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert run.stdout == "[]\n", run.stderr


def test_a_scan_of_files_loads_no_client() -> None:
    program = (
        "import sys\nfrom otel_nplusone.cli import main\n"
        "main(['scan', '--schema'])\nprint([m for m in sys.modules if m in ('http.client', 'ssl')])"
    )

    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert run.stdout.splitlines()[-1] == "[]", run.stderr
