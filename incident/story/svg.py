"""Write a drawing as SVG: inside a page, as wide as there is room, or as a file of its own."""

from collections.abc import Callable, Iterator

from markupsafe import Markup, escape

from incident.story.drawing import COLOURS, PAPER, TEXT_PX, WIDTH, Box, Dot, Drawing, Line, Text

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif"
# Lines have many points, for which SVG knows no percent: they are drawn on a grid of this width.
GRID = 1000


def inline(drawing: Drawing) -> Markup:
    """Return the drawing for a page, whose style sheet gives its classes colours."""
    name = f"chart-{drawing.name}"
    shapes = "".join(_shapes(drawing, lambda x: f"{x * 100:.2f}%"))
    return Markup(
        f'<svg class="chart" role="img" aria-labelledby="{name}-title {name}-desc" width="100%" '
        f'height="{drawing.height:g}"><title id="{name}-title">{escape(drawing.title)}</title>'
        f'<desc id="{name}-desc">{escape(drawing.description)}</desc>{shapes}</svg>'
    )


def file(drawing: Drawing) -> str:
    """Return the drawing as a file, on paper."""
    height = drawing.height
    shapes = "".join(_shapes(drawing, lambda x: f"{x * WIDTH:.1f}", wide=True))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-16 -8 {WIDTH + 32} {height + 16:g}" '
        f'width="{WIDTH + 32}" height="{height + 16:g}" role="img" aria-labelledby="title desc">'
        f'<title id="title">{escape(drawing.title)}</title>'
        f'<desc id="desc">{escape(drawing.description)}</desc>'
        f"<style>{_style()}</style>"
        f'<rect x="-16" y="-8" width="{WIDTH + 32}" height="{height + 16:g}" fill="{PAPER}"/>'
        f"{shapes}</svg>\n"
    )


def _style() -> str:
    looks = "".join(f".{look}{{fill:{colour};stroke:{colour}}}" for look, colour in COLOURS.items())
    return (
        f"text{{font:{TEXT_PX}px {FONT};stroke:{PAPER}!important;stroke-width:3;"
        f"paint-order:stroke}}.bold{{font-weight:600}}"
        f"polyline{{fill:none!important;stroke-linejoin:round;stroke-linecap:round}}"
        f"rect{{stroke:none!important}}.hollow{{fill:{PAPER};stroke-width:2}}{looks}"
        f".hollow{{fill:{PAPER}!important}}"
    )


def _shapes(
    drawing: Drawing, place: Callable[[float], str], *, wide: bool = False
) -> Iterator[str]:
    for shape in drawing.shapes:
        match shape:
            case Line():
                yield _line(shape, drawing.height, wide=wide)
            case Box():
                yield (
                    f'<rect class="{shape.look}" x="{place(shape.x)}" y="{shape.y:.1f}" '
                    f'width="{place(shape.width)}" height="{shape.height:.1f}"/>'
                )
            case Dot():
                hollow = " hollow" if shape.hollow else ""
                yield (
                    f'<circle class="{shape.look}{hollow}" cx="{place(shape.x)}" '
                    f'cy="{shape.y:.1f}" r="4"/>'
                )
            case Text() if not (wide and shape.room == "narrow"):
                yield _text(shape, place)


def _line(line: Line, height: float, *, wide: bool) -> str:
    across = WIDTH if wide else GRID
    points = " ".join(f"{x * across:.1f},{y:.1f}" for x, y in line.points)
    dashes = ' stroke-dasharray="5 4"' if line.dashed else ""
    drawn = (
        f'<polyline class="{line.look}" points="{points}" stroke-width="{line.thick:g}"{dashes} '
        'vector-effect="non-scaling-stroke"/>'
    )
    if wide:
        return drawn
    return (
        f'<svg class="stretched" width="100%" height="{height:g}" viewBox="0 0 {GRID} {height:g}" '
        f'preserveAspectRatio="none">{drawn}</svg>'
    )


def _text(text: Text, place: Callable[[float], str]) -> str:
    looks = " ".join(
        [text.look, *(["bold"] if text.bold else []), *([] if text.room == "any" else [text.room])]
    )
    anchor = "" if text.anchor == "start" else f' text-anchor="{text.anchor}"'
    dx = f' dx="{text.dx:g}"' if text.dx else ""
    return (
        f'<text class="{looks}" x="{place(text.x)}" y="{text.y:.1f}"{dx}{anchor}>'
        f"{escape(text.text)}</text>"
    )
