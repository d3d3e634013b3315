"""Write the dashboards as JSON, for Grafana to provision: python -m dashboards.build."""

import json
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards import database, home, telemetry, visitors, why_slow

FOLDER = Path(__file__).resolve().parent / "json"
PAGES = (home, visitors, why_slow, database, telemetry)


def documents() -> dict[str, str]:
    """Return each dashboard's JSON by the name of its file."""
    return {
        f"{module.UID}.json": json.dumps(
            module.build(), cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False
        )
        + "\n"
        for module in PAGES
    }


def write(folder: Path = FOLDER) -> None:
    """Write what is built, and remove what is built no longer."""
    made = documents()
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.json"):
        if path.name not in made:
            path.unlink()
    for name, document in made.items():
        (folder / name).write_text(document, encoding="utf-8")


if __name__ == "__main__":
    write()
