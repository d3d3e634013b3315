"""Describe a drawing as a list of shapes, so that the page, SVG files and PNG files show the same.

    0 ────────── x, a share of the width ────────── 1
    │
    y, in pixels

Widths are shares, as a drawing is as wide as the screen or the paper; heights and texts are not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

# What a shape is, and thereby its colour; the colours are those of the page.
Look = Literal[
    "p50", "p95", "health", "plain", "db", "bad", "ink", "quiet", "grid", "shade", "band"
]
Anchor = Literal["start", "middle", "end"]
# Whether a text is for wide screens and paper, or for narrow screens in its place.
Room = Literal["any", "wide", "narrow"]

COLOURS: dict[Look, str] = {
    "p50": "#00609a",
    "p95": "#a33b00",
    "health": "#5b5f00",
    "plain": "#00609a",
    "db": "#e08a00",
    "bad": "#b3261e",
    "ink": "#1d2329",
    "quiet": "#5a636d",
    "grid": "#dfe2e6",
    "shade": "#f1f3f5",
    "band": "#cfe3f1",
}
PAPER = "#ffffff"
WIDTH = 960  # of a file, in pixels
TEXT_PX = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Join points; two of them or hundreds."""

    points: Sequence[tuple[float, float]]
    look: Look
    thick: float = 1
    dashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Fill a rectangle."""

    x: float
    y: float
    width: float
    height: float
    look: Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """Mark a point; hollow where something is not as it should be."""

    x: float
    y: float
    look: Look
    hollow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Write a text on a baseline, `dx` pixels to the right of its point."""

    x: float
    y: float
    text: str
    look: Look = "quiet"
    anchor: Anchor = "start"
    dx: float = 0
    room: Room = "any"
    bold: bool = False


Shape = Line | Box | Dot | Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Hold a drawing with its name as a file, its title, and what it says to who cannot see it."""

    name: str
    title: str
    description: str
    height: float
    shapes: Sequence[Shape]
