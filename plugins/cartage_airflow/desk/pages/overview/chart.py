"""The chart of a day: two bars for each hour, as numbers for an SVG of fixed size. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from cartage.operations.views.overview import Hour

# Units of the SVG's view box.
WIDTH, HEIGHT = 720, 120
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
    """The bars of a day with the names of the hours below, and their totals."""

    bars: tuple[Bar, ...]
    labels: tuple[tuple[float, str], ...]
    sent: int
    shipped: int
    highest: int
    width: int = WIDTH
    height: int = HEIGHT


def chart(hours: Sequence[Hour], zone: ZoneInfo) -> Chart:
    """Return the chart of these hours, named in the store's time zone."""
    highest = max((max(hour.sent, hour.shipped) for hour in hours), default=0)
    step = WIDTH / max(1, len(hours))
    width = (step - 2 * _GAP) / 2
    bars, labels = [], []
    for place, hour in enumerate(hours):
        name = f"{hour.start.astimezone(zone):%H:%M}"
        for side, (kind, count) in enumerate((("sent", hour.sent), ("shipped", hour.shipped))):
            height = round(HEIGHT * count / highest, 1) if highest else 0.0
            x = round(place * step + _GAP + side * width, 1)
            title = f"{name}: {count:,} {kind}"
            bars.append(Bar(kind, x, round(HEIGHT - height, 1), round(width, 1), height, title))
        if place % 3 == 0:
            labels.append((round(place * step + step / 2, 1), name))
    return Chart(
        tuple(bars),
        tuple(labels),
        sum(hour.sent for hour in hours),
        sum(hour.shipped for hour in hours),
        highest,
    )
