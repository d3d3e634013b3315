"""Write cats as JSON, hundreds of them in one answer."""

from collections.abc import Iterable
from typing import Any

from clinic.models import Color
from clinic.stories.strategies import SeenCat

# A table, because an enum's name is a Python call, and a page has hundreds of cats.
COLOR_NAMES = {color: color.name.lower() for color in Color}


def cats_json(cats: Iterable[SeenCat]) -> list[dict[str, Any]]:
    """Return what the API says of each cat."""
    return [
        {
            "id": str(cat.id),
            "name": cat.name,
            "age": cat.age,
            "color": COLOR_NAMES[cat.color],
            "lives": cat.lives,
        }
        for cat in cats
    ]
