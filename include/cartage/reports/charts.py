"""Charts as shapes of fixed places, which a page draws as SVG and a mail as PNG. Pure.

Every chart has a scale with numbers, and every shape a text with its exact figures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from cartage.reports.tables import time_text

_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 10, 10, 24
_GAP = 0.2  # share of a group of bars
_NARROWEST_BAR = 2.5
_LABEL_WIDTH = 58
_MOST_STEPS = 5
_ROW, _BAR = 38, 13
_LETTER = 6.2  # width of a letter of the size that pages and mails use
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_TIME_STEPS = (
    *(1, 5, 15, 30),
    *(minutes * _MINUTE for minutes in (1, 5, 15, 30)),
    *(hours * _HOUR for hours in (1, 2, 6, 12)),
    *(days * _DAY for days in (1, 2, 7, 14, 30, 90, 180, 365)),
)


@dataclass(frozen=True, slots=True)
class Rect:
    """A bar. `kind` says what it stands for, and so its colour."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Path:
    """A line through the values of a series."""

    kind: str
    points: tuple[tuple[float, float], ...]
    title: str


@dataclass(frozen=True, slots=True)
class Label:
    """A text; `anchor` is start, middle or end, as in SVG."""

    x: float
    y: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Chart:
    """The shapes of a chart within its width and height; `summary` says in words what it shows."""

    width: int
    height: int
    summary: str
    series: tuple[str, ...]
    grid: tuple[tuple[float, float, float, float], ...]
    rects: tuple[Rect, ...] = ()
    paths: tuple[Path, ...] = ()
    labels: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """A named row of a chart of horizontal bars: the bar, the further reach of its lighter part, and its words."""

    name: str
    value: float
    reach: float
    words: str


def columns(
    names: Sequence[str],
    series: Mapping[str, Sequence[float]],
    *,
    width: int,
    height: int,
    summary: str,
    percent: bool = False,
) -> Chart:
    """Return values over time: bars side by side, or lines where the bars would be too narrow to see."""
    words: Callable[[float], str] = (
        (lambda value: f"{value:.0%}") if percent else (lambda value: f"{value:,.0f}")
    )
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0] if percent else _ticks(max(map(max, series.values()), default=0))
    place = _Plane(width, height, len(names), ticks[-1])
    bar = place.step * (1 - _GAP) / len(series)
    as_bars = bar >= _NARROWEST_BAR and not percent
    labels = [Label(_LEFT - 6, place.y(tick) + 4, words(tick), "end") for tick in ticks]
    labels += [place.name(at, names[at]) for at in place.named()]
    return Chart(
        width,
        height,
        summary,
        tuple(series),
        grid=tuple((_LEFT, place.y(tick), width - _RIGHT, place.y(tick)) for tick in ticks),
        rects=tuple(_bars(place, names, series, bar, words)) if as_bars else (),
        paths=() if as_bars else tuple(_paths(place, series)),
        labels=tuple(labels),
    )


def rows(measured: Sequence[Measured], *, width: int, kind: str, summary: str) -> Chart:
    """Return times as horizontal bars, each below its name; the lighter part reaches further than the bar."""
    longest = max((max(row.value, row.reach) for row in measured), default=0)
    ticks = _time_ticks(longest)
    height = _ROW * len(measured) + _BOTTOM
    scale = (width - 2 * _RIGHT) / ticks[-1]
    rects, labels = [], []
    for place, row in enumerate(measured):
        top = place * _ROW
        room = int((width - 2 * _RIGHT) / _LETTER) - len(row.words) - 2
        labels.append(Label(_RIGHT, top + 13, _cut(row.name, room), "start"))
        labels.append(Label(width - _RIGHT, top + 13, row.words, "end"))
        title = f"{row.name}: {row.words}"
        for name, value in ((f"{kind} far", row.reach), (kind, row.value)):
            rects.append(Rect(name, _RIGHT, top + 18, round(max(value * scale, 1), 1), _BAR, title))
    labels += [
        Label(
            round(_RIGHT + tick * scale, 1),
            height - 6,
            time_text(timedelta(seconds=tick)) if tick else "0",
            anchor,
        )
        for tick, anchor in zip(ticks, ["start", *["middle"] * (len(ticks) - 2), "end"], strict=True)
    ]
    grid = tuple((_RIGHT + tick * scale, 16.0, _RIGHT + tick * scale, float(height - 20)) for tick in ticks)
    return Chart(width, height, summary, (kind,), grid, rects=tuple(rects), labels=tuple(labels))


@dataclass(frozen=True, slots=True)
class _Plane:
    """Where values are in a chart over time."""

    width: int
    height: int
    count: int
    highest: float

    @property
    def step(self) -> float:
        return (self.width - _LEFT - _RIGHT) / max(1, self.count)

    def middle(self, place: int) -> float:
        return _LEFT + (place + 0.5) * self.step

    def y(self, value: float) -> float:
        return round(self.height - _BOTTOM - (self.height - _TOP - _BOTTOM) * value / self.highest, 1)

    def name(self, place: int, text: str) -> Label:
        """Return the name below a place, within the chart."""
        middle = self.middle(place)
        if middle + _LABEL_WIDTH / 2 > self.width:
            return Label(self.width - _RIGHT / 2, self.height - 6, text, "end")
        return Label(round(middle, 1), self.height - 6, text)

    def named(self) -> range:
        """Return the places whose names fit below, the last one among them."""
        every = max(1, math.ceil(_LABEL_WIDTH / self.step))
        return range((self.count - 1) % every, self.count, every)


def _bars(
    place: _Plane,
    names: Sequence[str],
    series: Mapping[str, Sequence[float]],
    bar: float,
    words: Callable[[float], str],
) -> Iterator[Rect]:
    for side, (kind, values) in enumerate(series.items()):
        for at, value in enumerate(values):
            if value:
                x = place.middle(at) - bar * len(series) / 2 + side * bar
                y = place.y(value)
                height = round(place.y(0) - y, 1)
                yield Rect(kind, round(x, 1), y, round(bar, 1), height, f"{names[at]}: {words(value)} {kind}")


def _paths(place: _Plane, series: Mapping[str, Sequence[float]]) -> Iterator[Path]:
    """Yield a line for each stretch of days that have a value."""
    for kind, values in series.items():
        stretch: list[tuple[float, float]] = []
        for at, value in enumerate([*values, math.nan]):
            if not math.isnan(value):
                stretch.append((round(place.middle(at), 1), place.y(value)))
            elif stretch:
                yield Path(kind, tuple(stretch), kind)
                stretch = []


def _ticks(highest: float) -> list[float]:
    """Return round numbers from 0 to the first one that is not below the highest value."""
    if highest <= _MOST_STEPS:
        return [float(tick) for tick in range(max(1, math.ceil(highest)) + 1)]
    power = 10 ** math.floor(math.log10(highest / _MOST_STEPS))
    step = next(power * factor for factor in (1, 2, 5, 10) if highest / (power * factor) <= _MOST_STEPS)
    return [float(step * number) for number in range(math.ceil(highest / step) + 1)]


def _time_ticks(longest: float) -> list[float]:
    step = next((size for size in _TIME_STEPS if longest / size <= _MOST_STEPS), None)
    if step is None:
        step = math.ceil(longest / _MOST_STEPS / _DAY) * _DAY
    return [float(step * number) for number in range(max(1, math.ceil(longest / step)) + 1)]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: max(1, most - 1)].rstrip()}…"
