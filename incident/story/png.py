"""Write a drawing as PNG: the same shapes as in SVG, on paper, for chats and slides."""

import math
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import pairwise

from PIL import Image, ImageDraw, ImageFont

from incident.story.drawing import COLOURS, PAPER, TEXT_PX, WIDTH, Box, Dot, Drawing, Line, Text

# Twice as many pixels as an SVG file has: sharp on the screens of today.
SCALE = 2
MARGIN_X, MARGIN_Y = 16, 8
DASH_PX, GAP_PX = 5, 4
DOT_PX = 4
# Pillow's own font lacks these.
DRAWABLE = str.maketrans({"–": "-", "×": "x", "÷": "/", "…": "...", "’": "'"})

Point = tuple[float, float]
_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}


def png(drawing: Drawing) -> bytes:
    """Return the drawing as the bytes of a PNG file."""
    size = (WIDTH + 2 * MARGIN_X) * SCALE, math.ceil(drawing.height + 2 * MARGIN_Y) * SCALE
    image = Image.new("RGB", size, PAPER)
    canvas = ImageDraw.Draw(image)
    font = ImageFont.load_default(TEXT_PX * SCALE)
    for shape in drawing.shapes:
        match shape:
            case Line():
                _line(canvas, shape)
            case Box():
                corners = [
                    _place(shape.x, shape.y),
                    _place(shape.x + shape.width, shape.y + shape.height),
                ]
                canvas.rectangle(corners, fill=COLOURS[shape.look])
            case Dot():
                x, y = _place(shape.x, shape.y)
                colour = COLOURS[shape.look]
                fill = PAPER if shape.hollow else colour
                canvas.circle((x, y), DOT_PX * SCALE, fill=fill, outline=colour, width=2 * SCALE)
            case Text() if shape.room != "narrow":
                _text(canvas, shape, font)
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _place(x: float, y: float) -> Point:
    return (MARGIN_X + x * WIDTH) * SCALE, (MARGIN_Y + y) * SCALE


def _line(canvas: ImageDraw.ImageDraw, line: Line) -> None:
    points = [_place(x, y) for x, y in line.points]
    colour, width = COLOURS[line.look], round(line.thick * SCALE)
    if line.dashed:
        for dash in _dashes(points):
            canvas.line(dash, fill=colour, width=width)
    elif len(set(points)) == 1:
        canvas.circle(points[0], width / 2, fill=colour)
    else:
        canvas.line(points, fill=colour, width=width, joint="curve")


def _dashes(points: Sequence[Point]) -> Iterator[list[Point]]:
    """Yield the drawn pieces of a dashed line, which runs on around its corners."""
    dash, gap = DASH_PX * SCALE, GAP_PX * SCALE
    done = 0.0
    for (x1, y1), (x2, y2) in pairwise(points):
        length = math.hypot(x2 - x1, y2 - y1)
        at = 0.0
        while at < length:
            phase = (done + at) % (dash + gap)
            step = min((dash if phase < dash else dash + gap) - phase + 1e-6, length - at)
            if phase < dash:
                yield [
                    (x1 + (x2 - x1) * share, y1 + (y2 - y1) * share)
                    for share in (at / length, (at + step) / length)
                ]
            at += step
        done += length


def _text(
    canvas: ImageDraw.ImageDraw, text: Text, font: ImageFont.FreeTypeFont | ImageFont.ImageFont
) -> None:
    x, y = _place(text.x, text.y)
    said, anchor = text.text.translate(DRAWABLE), _ANCHORS[text.anchor]
    at = x + text.dx * SCALE, y
    # First in the colour of the paper: a text is read where a curve crosses it, too.
    canvas.text(at, said, fill=PAPER, font=font, anchor=anchor, stroke_width=3)
    bold = 0.5 if text.bold else 0
    canvas.text(at, said, fill=COLOURS[text.look], font=font, anchor=anchor, stroke_width=bold)
