"""The chart of a day: two bars for each hour, as numbers for an SVG of fixed size. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from cartage.operations.views.overview import Hour

# Units of the SVG's view box.
WIDTH, HEIGHT = 720, 120
# Room for the scale on the left, and for its highest number at the top.
LEFT, TOP = 40, 6
_GAP = 2


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its place, its size and its tooltip."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The bars of a day with the names of the hours below, the scale on the left, and their totals."""

    bars: tuple[Bar, ...]
    labels: tuple[tuple[float, str], ...]
    scale: tuple[tuple[float, int], ...]
    sent: int
    shipped: int
    highest: int
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT


def chart(hours: Sequence[Hour], zone: ZoneInfo) -> Chart:
    """Return the chart of these hours, named in the store's time zone."""
    highest = max((max(hour.sent, hour.shipped) for hour in hours), default=0)
    top = _round_up(highest)
    step = (WIDTH - LEFT) / max(1, len(hours))
    width = (step - 2 * _GAP) / 2
    bars, labels = [], []
    for place, hour in enumerate(hours):
        name = f"{hour.start.astimezone(zone):%H:%M}"
        for side, (kind, count) in enumerate((("sent", hour.sent), ("shipped", hour.shipped))):
            height = round((HEIGHT - TOP) * count / top, 1)
            x = round(LEFT + place * step + _GAP + side * width, 1)
            title = f"{name}: {count:,} {kind}"
            bars.append(Bar(kind, x, round(HEIGHT - height, 1), round(width, 1), height, title))
        if place % 3 == 0:
            labels.append((round(LEFT + place * step + step / 2, 1), name))
    return Chart(
        tuple(bars),
        tuple(labels),
        tuple((round(HEIGHT - (HEIGHT - TOP) * number / top, 1), number) for number in _scale(top)),
        sum(hour.sent for hour in hours),
        sum(hour.shipped for hour in hours),
        highest,
    )


def _round_up(highest: int) -> int:
    """Return the end of the scale: the next number that begins with 1, 2 or 5, or 1 without orders."""
    power = 1
    while power * 10 <= highest:
        power *= 10
    return next((power * first for first in (1, 2, 5) if power * first >= highest), power * 10)


def _scale(top: int) -> tuple[int, ...]:
    """Return the numbers of the scale: none, half and all, as whole numbers."""
    return (0, top) if top % 2 else (0, top // 2, top)
