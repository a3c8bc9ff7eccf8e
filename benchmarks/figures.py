"""What a measurement hands back: figures of product and baseline, aims, and whether they were met."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Number = float | int | str | None


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the product, and the baseline's if it has one."""

    name: str
    product: Number
    baseline: Number = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Aim:
    """A bound that a number should keep."""

    text: str
    value: float
    bound: float
    kind: Literal["at least", "at most"]
    unit: str = ""

    @property
    def met(self) -> bool:
        """Whether the number keeps the bound."""
        return self.value >= self.bound if self.kind == "at least" else self.value <= self.bound


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one measurement found. `notes` say how it was measured, and what the numbers do not say."""

    title: str
    figures: tuple[Figure, ...]
    aims: tuple[Aim, ...]
    notes: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """The outcome as plain data."""
        return {
            "title": self.title,
            "aims": [{**asdict(aim), "met": aim.met} for aim in self.aims],
            "figures": [asdict(figure) for figure in self.figures],
            "notes": list(self.notes),
        }
