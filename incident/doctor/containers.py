"""Check the compose stack's containers: restarts, memory, and whose images they run."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.compose import containers
from harness.compose.containers import STAND_IN, Container, Memory
from incident.doctor.patient import Unwell

# A container that is this near to its limit is killed by the next peak.
NEAR_LIMIT_PERCENT = 90


def steady(project: Path) -> str:
    """Check that no container was killed for memory, was restarted, or has failed."""
    found = containers.containers(project)
    if not found:
        raise Unwell(
            "This project has no container.",
            "`make up` starts them; COMPOSE_PROJECT_NAME names another project.",
        )
    if bad := [line for one in found for line in falls(one)]:
        raise Unwell(f"{'; '.join(bad)}.", "See `docker compose logs` of it, and its mem_limit.")
    running = sum(one.runs for one in found)
    return f"{running} run, none was restarted or killed for memory"


def falls(one: Container) -> Iterator[str]:
    """Yield what went wrong with a container."""
    if one.out_of_memory:
        yield f"{one.service}: killed for memory"
    if one.restarts:
        yield f"{one.service}: restarted {one.restarts:,} time{'s' if one.restarts > 1 else ''}"
    if not one.runs and (one.status != "exited" or one.exit_code):
        yield f"{one.service}: {one.status} with exit code {one.exit_code}"


def roomy(project: Path) -> str:
    """Check that no container is within 10 % of its memory limit."""
    running = [one for one in containers.containers(project) if one.runs]
    usage = containers.memory(running, project)
    if near := tight(usage):
        raise Unwell(
            f"Within {100 - NEAR_LIMIT_PERCENT} % of the memory limit: {', '.join(near)}.",
            "Raise its mem_limit in docker-compose.yml, or send fewer visitors.",
        )
    if not usage:
        raise Unwell("The memory of no running container could be read.", "`make up` starts them.")
    name, fullest = max(usage.items(), key=lambda one: one[1].percent)
    return f"the fullest is {name}, at {fullest.percent:.0f} % of its limit"


def tight(usage: Mapping[str, Memory]) -> list[str]:
    """Say which services are near their limits, and how near."""
    return [
        f"{name} ({one.used / 2**20:,.0f} of {one.limit / 2**20:,.0f} MiB)"
        for name, one in sorted(usage.items())
        if one.percent >= NEAR_LIMIT_PERCENT
    ]


def images(project: Path) -> str:
    """Check that each container runs the image that .env names, as this engine has it now."""
    found = containers.containers(project)
    wanted = containers.wanted_images(project)
    here = containers.image_ids(list(wanted.values()), project)
    if other := [line for one in found for line in strangers(one, wanted, here)]:
        raise Unwell(f"{'; '.join(other)}.", "`make up` starts them again from the right ones.")
    return f"{len(found)} containers run the images of .env{stand_ins(found)}"


def strangers(one: Container, wanted: Mapping[str, str], here: Mapping[str, str]) -> Iterator[str]:
    """Yield how a container's image differs from the wanted one."""
    name = wanted.get(one.service)
    if name is None:
        yield f"{one.service} is not a service of docker-compose.yml"
    elif one.image_name != name:
        yield f"{one.service} runs {one.image_name}, and .env names {name}"
    elif here.get(name, one.image_id) != one.image_id:
        yield f"{one.service} runs an older {name} than this engine has"


def stand_ins(found: Sequence[Container]) -> str:
    """Say which images only stand in for the official ones, or are built on such images."""
    names = sorted({one.image_name for one in found if one.stand_in})
    return f"; not official, by the label {STAND_IN}: {', '.join(names)}" if names else ""
