"""The results of a benchmark: figures of product and baseline, targets, and whether they were met."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Number = float | int | str | None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the product, and the baseline's if it has one."""

    name: str
    product: Number
    baseline: Number = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """A bound for a figure."""

    text: str
    value: float
    bound: float
    kind: Literal["at least", "at most"]
    unit: str = ""

    @property
    def met(self) -> bool:
        """Whether the figure keeps the bound."""
        return self.value >= self.bound if self.kind == "at least" else self.value <= self.bound


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a benchmark. `notes` say how it was measured, and what the figures do not show.

    `columns` name the two figures of each line.
    """

    title: str
    figures: tuple[Figure, ...]
    targets: tuple[Target, ...]
    notes: tuple[str, ...] = ()
    columns: tuple[str, str] = ("Cartage", "baseline")

    def document(self) -> dict[str, Any]:
        """Return the outcome as plain data."""
        return {
            "title": self.title,
            "targets": [{**asdict(target), "met": target.met} for target in self.targets],
            "figures": [asdict(figure) for figure in self.figures],
            "notes": list(self.notes),
            "columns": list(self.columns),
        }
