"""Run a Python program of the corpus under a library that watches it, and print what that says.

    python nplusone/tests/corpus/rivals/watched.py queryspy orm

The answer is a JSON object: of each case, the statements by verb and first table. Traces stay as
they are. It is run by its path, because nplus1 has taken the name of the folder `nplusone`.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

_PROJECT = Path(__file__).resolve().parents[4]
# queryspy speaks from two repeats on; with the threshold of this corpus it is right more often.
_LEAST = 5
_PATCHES = {"peewee_blog": "peewee", "django_books": "django.patch", "django_shop": "django.patch"}
Watch = Callable[[set[str], str], AbstractContextManager[None]]


def main(watcher: str, program: str) -> None:
    """Run the program, with the library around each of its cases."""
    sys.path[0] = str(_PROJECT)
    import nplusone

    nplusone.__path__.append(str(_PROJECT / "nplusone"))
    recording: Any = import_module("nplusone.tests.corpus.recording")
    said: dict[str, set[str]] = {}
    record = recording.Recorder.case

    @contextmanager
    def watched(self: object, name: str, *arguments: Any, **named: Any) -> Iterator[None]:
        with (
            record(self, name, *arguments, **named),
            _WATCHERS[watcher](said.setdefault(name, set()), program),
        ):
            yield

    if program.startswith("django"):
        _with_content_types()
    recording.Recorder.case = watched
    recording.write = lambda name, spans: None
    import_module(f"nplusone.tests.corpus.programs.{program}").main()
    print(json.dumps({name: sorted(statements) for name, statements in said.items()}))


def _with_content_types() -> None:
    """Add the one application of Django that nplus1 cannot do without."""
    from django.conf import LazySettings

    configure = LazySettings.configure

    def more(self: Any, **named: Any) -> None:
        configure(self, **named | {"INSTALLED_APPS": ["django.contrib.contenttypes"]})

    LazySettings.configure = more


@contextmanager
def _queryspy(said: set[str], program: str) -> Iterator[None]:
    from otel_nplusone import fingerprint

    with import_module("queryspy").record(capture_stacks=False) as recorder:
        yield
    said |= {fingerprint(found.sql).summary for found in recorder.findings(threshold=_LEAST)}


@contextmanager
def _nplus1(said: set[str], program: str) -> Iterator[None]:
    def notify(message: Any) -> None:
        if message.label == "n_plus_one":
            said.add(f"SELECT {_table(message.model, message.field)}")

    profiler = import_module("nplusone.core.profiler").Profiler()
    profiler.notify = notify  # its own raises at the first
    extension = _PATCHES.get(program, "sqlalchemy")
    import_module(f"nplusone.ext.{extension}").apply_patches()
    try:
        with profiler:
            yield
    except AttributeError as error:  # of its own patches: the case ends there
        print(f"{program}: nplus1 fails: {error}", file=sys.stderr)


def _table(model: Any, field: str) -> str:
    """Return the table that a relationship of a model leads to, whichever library's it is."""
    if hasattr(model, "__mapper__"):
        return str(model.__mapper__.relationships[field].mapper.local_table.name)
    meta = model._meta
    if hasattr(meta, "get_fields"):
        for one in meta.get_fields():
            if field in (one.name, getattr(one, "get_accessor_name", lambda: "")()):
                return str(one.related_model._meta.db_table)
    forward = {name: key.rel_model for name, key in meta.fields.items() if hasattr(key, "backref")}
    backward = {key.backref: key.model for key in meta.backrefs}
    return str((forward | backward)[field]._meta.table_name)


_WATCHERS: dict[str, Watch] = {"queryspy": _queryspy, "nplus1": _nplus1}


if __name__ == "__main__":
    main(*sys.argv[1:])
