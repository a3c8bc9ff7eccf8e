"""The quantity check: what has shipped of an order against what was ordered, line by line. Pure.

A quantity counts for the line that the warehouse names if its SKU is that line's, else for any line of its SKU that
is still short. The rest is too much, or was not ordered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from cartage.model.orders import PackageContent
from cartage.model.skus import folded

_NONE = Decimal(0)


@dataclass
class CheckedLine:
    """One line, and how much of it has shipped; `ordered` is 0 for a SKU that was not ordered."""

    sku: str
    ordered: Decimal
    shipped: Decimal = _NONE
    line_id: int | None = None

    @property
    def open(self) -> Decimal:
        """How much is still to ship; never negative."""
        return max(self.ordered - self.shipped, _NONE)


@dataclass(frozen=True, slots=True)
class QuantityCheck:
    """The lines of one order, checked."""

    lines: tuple[CheckedLine, ...] = field(default=())

    @property
    def short(self) -> bool:
        """Whether a line has not shipped in full."""
        return any(line.open for line in self.lines)

    @property
    def exact(self) -> bool:
        """Whether each line has shipped as ordered, and nothing else has."""
        return all(line.shipped == line.ordered for line in self.lines)

    def difference(self) -> str:
        """Return what differs, in words: `MUG 1 of 2, TEA 1 not ordered`; empty if nothing does."""
        return ", ".join(_difference_of(line) for line in self.lines if line.shipped != line.ordered)

    def ordered(self) -> dict[str, str]:
        """Return the quantity ordered of each line, under names that distinguish lines of one SKU."""
        return {self._name(line): _plain(line.ordered) for line in self.lines}

    def shipped(self) -> dict[str, str]:
        """Return the quantity shipped of each line, under the same names."""
        return {self._name(line): _plain(line.shipped) for line in self.lines}

    def _name(self, line: CheckedLine) -> str:
        alike = [other for other in self.lines if folded(other.sku) == folded(line.sku)]
        return (
            f"{line.sku} (line {line.line_id})" if len(alike) > 1 and line.line_id is not None else line.sku
        )


def check_quantities(ordered: Sequence[PackageContent], shipped: Iterable[PackageContent]) -> QuantityCheck:
    """Check what shipped against what was ordered."""
    lines = [CheckedLine(content.sku, content.quantity, line_id=content.line_id) for content in ordered]
    left: dict[str, tuple[str, Decimal]] = {}
    for content in shipped:
        named = [line for line in lines if _same(line, content.sku) and line.line_id == content.line_id]
        rest = _fill(named[:1], content.quantity) if content.line_id is not None else content.quantity
        sku, before = left.get(folded(content.sku), (content.sku, _NONE))
        left[folded(content.sku)] = (sku, before + rest)
    for key, (sku, quantity) in left.items():
        same = [line for line in lines if folded(line.sku) == key]
        too_much = _fill(same, quantity)
        if too_much and same:
            same[0].shipped += too_much
        elif too_much:
            lines.append(CheckedLine(sku, _NONE, too_much))
    return QuantityCheck(tuple(lines))


def _fill(lines: Sequence[CheckedLine], quantity: Decimal) -> Decimal:
    """Fill lines with what they are short of; return what is left."""
    for line in lines:
        taken = min(line.open, quantity)
        line.shipped += taken
        quantity -= taken
    return quantity


def _same(line: CheckedLine, sku: str) -> bool:
    return folded(line.sku) == folded(sku)


def _difference_of(line: CheckedLine) -> str:
    if not line.ordered:
        return f"{line.sku} {_plain(line.shipped)} not ordered"
    return f"{line.sku} {_plain(line.shipped)} of {_plain(line.ordered)}"


def _plain(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}" if quantity else "0"
