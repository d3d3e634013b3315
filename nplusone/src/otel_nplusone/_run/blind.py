"""Say why a program was not seen: what was not judged must not look clean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from otel_nplusone._core.words import count
from otel_nplusone._run.libraries import DATABASES, FRAMEWORKS, TITLES
from otel_nplusone._run.wire import Hello

_DISABLED = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"


@dataclass(slots=True)
class Sight:
    """Hold what reached us from a program's processes, and what its environment switches off."""

    python: str = "python"
    environ: Mapping[str, str] = field(default_factory=dict)
    hellos: dict[int, Hello] = field(default_factory=dict)
    lost: int = 0

    def take(self, hello: Hello) -> None:
        """Take what a process says of itself, in place of what it has said before."""
        self.hellos[hello.process] = hello

    def reasons(self, *, spans: int, statements: int, outside: int) -> list[str]:
        """Return a sentence for each thing that was not seen, with what to do.

        `statements` are all database statements and calls that were seen, `outside` those that no
        request is around.
        """
        found = []
        if not self.hellos:
            found.append(self._not_started())
        elif not spans:
            found.append(self._no_span())
        elif not statements:
            found.append(self._no_statement())
        if outside:
            found.append(self._outside(outside))
        if self.lost:
            found.append(
                f"{count(self.lost, 'span')} could not be handed over in time and "
                "were not judged: the machine is too busy"
            )
        return found

    def _not_started(self) -> str:
        return (
            "OpenTelemetry did not start in the program, so nothing was seen: it is not written in"
            " Python, it is started by python -I or -E, or its environment lacks a package;"
            f" {self._install('otel-nplusone[run]')}"
        )

    def _no_span(self) -> str:
        problems = sorted({hello.problem for hello in self.hellos.values() if hello.problem})
        if "OTEL_SDK_DISABLED" in problems:
            return (
                "no statement was seen: the SDK is switched off by"
                f" OTEL_SDK_DISABLED={self.environ.get('OTEL_SDK_DISABLED', 'true')}; unset it"
            )
        if problems:
            return (
                f"no statement was seen: the program's tracer provider is {', '.join(problems)},"
                " which takes no span processor; leave OTEL_PYTHON_DISTRO,"
                " OTEL_PYTHON_CONFIGURATOR and OTEL_PYTHON_TRACER_PROVIDER unset"
            )
        return f"no statement was seen, nor any other span: {self._what_to_do(DATABASES)}"

    def _no_statement(self) -> str:
        return f"no statement was seen: {self._what_to_do(DATABASES)}"

    def _outside(self, outside: int) -> str:
        said = f"{count(outside, 'statement')} lie outside any request, and were not judged"
        missing = self._missing(FRAMEWORKS)
        if missing:
            libraries, packages = _titles(missing), [package for _, package in missing]
            return f"{said}: is {libraries} instrumented? {self._install(*packages)}"
        return (
            f"{said}: {self._disabled()}instrument the web framework or the worker, open a span"
            " around a script's work, and hand the context on to threads"
        )

    def _what_to_do(self, libraries: Mapping[str, str]) -> str:
        missing = self._missing(libraries)
        if missing:
            packages = [package for _, package in missing]
            return f"{_titles(missing)} is not instrumented; {self._install(*packages)}"
        sampler = self.environ.get("OTEL_TRACES_SAMPLER")
        if sampler:
            return f"OTEL_TRACES_SAMPLER={sampler} may leave them out"
        return (
            f"{self._disabled()}the program sent none, or by a library whose instrumentation is"
            " missing; install that of your database library or its driver, such as"
            " opentelemetry-instrumentation-sqlite3"
        )

    def _disabled(self) -> str:
        value = self.environ.get(_DISABLED, "")
        return f"{_DISABLED}={value} switches instrumentations off; " if value else ""

    def _missing(self, libraries: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return which of these libraries are not instrumented, by the outermost layer alone."""
        missing = dict(pair for hello in self.hellos.values() for pair in hello.missing)
        wanted = [(name, missing[name]) for name in libraries if name in missing]
        return wanted[:1] if libraries is DATABASES else wanted

    def _install(self, *packages: str) -> str:
        return f"{self.python} -m pip install {' '.join(map(_quoted, packages))}"


def _titles(missing: Sequence[tuple[str, str]]) -> str:
    return " or ".join(TITLES.get(name, name) for name, _ in missing)


def _quoted(package: str) -> str:
    return f"'{package}'" if "[" in package else package
