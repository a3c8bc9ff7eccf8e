"""Draw the rooms of `include/cartage` as their imports show them, and say what breaks the design.

    python -m tests.architecture.house docs/images/house.svg

The floors are those of the import-linter contract "rooms" in pyproject.toml. Every import counts, also one inside of a
function or behind `TYPE_CHECKING`. Exits with 1 if a room uses one that is not below it, or if a folder or module is
too large. Circles are found by import-linter (`make lint`).
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from dataclasses import dataclass
from html import escape
from pathlib import Path

import grimp

from tests.architecture.imports import ROOT

PACKAGES = {"cartage": "include", "cartage_sandbox": "include", "cartage_airflow": "plugins"}
MOST_MODULES = 14
MOST_LINES = 350
_BOX = (118, 44)
_GAP = (14, 30)
_WIDTH = 760
_OPENING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
    ' font-family="system-ui, sans-serif" font-size="13">'
)
_STYLE = (
    "<style>rect{fill:#fff;stroke:#5b6b7b}text{fill:#1d2733}path{stroke:#5b6b7b;fill:none}"
    "@media(prefers-color-scheme:dark){rect{fill:#1d2733;stroke:#9fb0c0}text{fill:#e8eef4}path{stroke:#9fb0c0}}</style>"
)


@dataclass(frozen=True)
class Room:
    """A folder or single module directly under `cartage`."""

    name: str
    modules: int
    lines: int


@dataclass(frozen=True)
class House:
    """The rooms by floor, the highest first, and how many imports lead from one room to another."""

    floors: list[list[Room]]
    arrows: Counter[tuple[str, str]]
    # Pairs of rooms on one floor that may know each other.
    may_meet: frozenset[str]


def read() -> House:
    """Read the house from the code."""
    graph = grimp.build_graph("cartage", cache_dir=None)
    arrows: Counter[tuple[str, str]] = Counter()
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            if (pair := (_room(module), _room(imported)))[0] != pair[1] and "" not in pair:
                arrows[pair] += 1
    lines = _layers()
    return House(
        [[_measured(name) for name in _names(line)] for line in lines],
        arrows,
        frozenset(name for line in lines if ":" in line for name in _names(line)),
    )


def breaches(house: House) -> list[str]:
    """Say what breaks the design, one line each."""
    floor = {room.name: number for number, rooms in enumerate(house.floors) for room in rooms}
    found = [
        f"{importer} imports {imported}, which is not below it"
        for importer, imported in sorted(house.arrows)
        if floor[importer] > floor[imported]
        or (floor[importer] == floor[imported] and importer not in house.may_meet)
    ]
    return found + too_large()


def too_large() -> list[str]:
    """Return the folders with too many modules, and the modules that are too long without saying why.

    A long module gives its reason in its docstring, in a line that begins with "Long because".
    """
    found = []
    for package, root in PACKAGES.items():
        for folder in [ROOT / root / package, *(ROOT / root / package).rglob("*/")]:
            modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
            if len(modules) > MOST_MODULES:
                found.append(f"{folder.relative_to(ROOT)} has {len(modules)} modules")
        for path in (ROOT / root / package).rglob("*.py"):
            text = path.read_text()
            if text.count("\n") > MOST_LINES and "Long because" not in text and "versions" not in path.parts:
                found.append(f"{path.relative_to(ROOT)} has {text.count(chr(10))} lines")
    return sorted(found)


def drawing(house: House) -> str:
    """Draw the house as SVG: a row of boxes for each floor, and a line for each use of a lower room."""
    places, height = _places(house)
    lines = [_line(places[a], places[b], count) for (a, b), count in sorted(house.arrows.items())]
    boxes = [_box(room, *places[room.name]) for rooms in house.floors for room in rooms]
    return "\n".join(
        [
            _OPENING.format(width=_WIDTH, height=height),
            "<title>The rooms of the engine: each uses only rooms below it</title>",
            _STYLE,
            *lines,
            *boxes,
            "</svg>",
            "",
        ]
    )


def main(target: str) -> int:
    """Draw the house into a file and print what breaks the design; return the exit code."""
    house = read()
    Path(target).write_text(drawing(house))
    for rooms in house.floors:
        print("   ".join(f"{room.name} ({room.modules} modules, {room.lines:,} lines)" for room in rooms))
    found = breaches(house)
    print("\n".join(found) or "no import leads up, and no folder or module is too large")
    return 1 if found else 0


def _layers() -> list[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return next(list(contract["layers"]) for contract in contracts if contract["id"] == "rooms")


def _names(line: str) -> list[str]:
    return line.replace("|", " ").replace(":", " ").split()


def _room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def _measured(name: str) -> Room:
    folder = ROOT / "include/cartage" / name
    paths = [path for path in folder.rglob("*.py") if path.stat().st_size] if folder.is_dir() else []
    paths = paths or [folder.with_suffix(".py")]
    modules = [path for path in paths if path.name != "__init__.py" or path.read_text().count("\n") > 20]
    return Room(name, len(modules), sum(path.read_text().count("\n") for path in paths))


def _places(house: House) -> tuple[dict[str, tuple[float, float]], float]:
    places: dict[str, tuple[float, float]] = {}
    top = 10.0
    for rooms in house.floors:
        width = len(rooms) * _BOX[0] + (len(rooms) - 1) * _GAP[0]
        for number, room in enumerate(rooms):
            places[room.name] = ((_WIDTH - width) / 2 + number * (_BOX[0] + _GAP[0]), top)
        top += _BOX[1] + _GAP[1]
    return places, top - _GAP[1] + 10


def _line(start: tuple[float, float], end: tuple[float, float], count: int) -> str:
    x1, y1 = start[0] + _BOX[0] / 2, start[1] + _BOX[1]
    x2, y2 = end[0] + _BOX[0] / 2, end[1]
    bend = max((y2 - y1) / 2, 10)
    width = 0.6 + min(count, 30) / 15
    return (
        f'<path d="M{x1:.0f} {y1:.0f}C{x1:.0f} {y1 + bend:.0f} {x2:.0f} {y2 - bend:.0f} {x2:.0f} {y2:.0f}"'
        f' stroke-width="{width:.1f}" opacity="0.25"/>'
    )


def _box(room: Room, left: float, top: float) -> str:
    middle = left + _BOX[0] / 2
    size = f"{room.modules} module{'' if room.modules == 1 else 's'}"
    return (
        f'<rect x="{left:.0f}" y="{top:.0f}" width="{_BOX[0]}" height="{_BOX[1]}" rx="6"/>'
        f'<text x="{middle:.0f}" y="{top + 19:.0f}" text-anchor="middle" font-weight="600">{escape(room.name)}</text>'
        f'<text x="{middle:.0f}" y="{top + 35:.0f}" text-anchor="middle" font-size="11">{size}</text>'
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
