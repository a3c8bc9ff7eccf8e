"""Draw a chart as PNG, for mail programs, which show no SVG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont
    from PIL.ImageFont import ImageFont as BitmapFont

    from cartage.reports.charts import Chart

# Twice the size, for screens with many dots.
_SCALE = 2
_LETTERS = 11
_PAPER, _GRID, _TEXT = "#ffffff", "#dfe3e8", "#5b6470"
COLOURS = {
    "placed": "#8a94a1",
    "sent": "#0b5cad",
    "shipped": "#1a7f37",
    "kept": "#1a7f37",
    "time": "#0b5cad",
    "time far": "#b9d3ee",
    "lost": "#b42318",
    "lost far": "#f2c9c5",
}
"""The colours of each kind of shape on white. None is the only difference between two of them."""

_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}


def png_of(chart: Chart) -> bytes:
    """Return the chart as a PNG on white, twice as large as its width and height."""
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", (chart.width * _SCALE, chart.height * _SCALE), _PAPER)
    draw = ImageDraw.Draw(picture)
    _draw(chart, draw, ImageFont.load_default(_LETTERS * _SCALE))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _draw(chart: Chart, draw: ImageDraw, font: FreeTypeFont | BitmapFont) -> None:
    for line in chart.grid:
        draw.line([value * _SCALE for value in line], fill=_GRID, width=_SCALE)
    for rect in chart.rects:
        corners = (rect.x, rect.y, rect.x + rect.width, rect.y + rect.height)
        draw.rectangle([value * _SCALE for value in corners], fill=COLOURS[rect.kind])
    for path in chart.paths:
        points = [(x * _SCALE, y * _SCALE) for x, y in path.points]
        colour = COLOURS[path.kind]
        if len(points) == 1:
            draw.circle(points[0], 2 * _SCALE, fill=colour)
        else:
            draw.line(points, fill=colour, width=2 * _SCALE, joint="curve")
    for label in chart.labels:
        place = (label.x * _SCALE, label.y * _SCALE)
        draw.text(place, label.text, fill=_TEXT, font=font, anchor=_ANCHORS[label.anchor])
