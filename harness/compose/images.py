"""List the images that the stack is made of here: the official ones, or stand-ins."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.project import PROJECT

LABEL = "stand-in.is"
EVERYTHING: tuple[str, ...] = ()
# Bring all that they depend on, and that is everything else.
WITHOUT_GRAFANA = ("control", "locust-worker")


@dataclass(frozen=True, slots=True)
class Image:
    """Name an image of .env, and what this engine has under its name."""

    variable: str
    name: str
    is_here: bool
    stand_in: str | None

    def __str__(self) -> str:
        if not self.is_here:
            return f"{self.name}: not on this engine (left out, if the stack can do without)"
        if self.stand_in is None:
            return f"{self.name}: the official image"
        return f"{self.name}: NOT the official image, but {self.stand_in}"


def environment_file() -> dict[str, str]:
    """Return what .env says."""
    lines = (PROJECT / ".env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def images() -> Iterator[Image]:
    """Yield the images of .env as this engine has them."""
    for variable, name in environment_file().items():
        if variable.endswith("_IMAGE"):
            labels = _labels(name)
            stand_in = None if labels is None else labels.get(LABEL)
            yield Image(variable, name, is_here=labels is not None, stand_in=stand_in)


def services_of(installed: Sequence[Image]) -> tuple[str, ...]:
    """Return what to name after `up`: nothing, which is everything, or everything but Grafana."""
    grafana = next(image for image in installed if image.variable == "GRAFANA_IMAGE")
    return EVERYTHING if grafana.is_here else WITHOUT_GRAFANA


def _labels(image: str) -> dict[str, str] | None:
    done = subprocess.run(
        ["docker", "image", "inspect", "--format", "{{json .Config.Labels}}", image],
        capture_output=True,
        text=True,
        check=False,
    )
    return (json.loads(done.stdout) or {}) if done.returncode == 0 else None
