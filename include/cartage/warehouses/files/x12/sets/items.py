"""Items in what partners send: which of their numbers is the SKU, and how many pieces a quantity is."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from cartage.model.skus import folded
from cartage.warehouses.files.x12.settings import ItemSettings
from cartage.warehouses.files.x12.syntax.segments import Segment, value
from cartage.warehouses.files.x12.syntax.values import NotReadable

# What identifies something is compared and indexed, so it is never shortened. X12 has at most 80 characters.
LONGEST_NAME = 250


class Items:
    """Reads the items of a partner."""

    def __init__(self, settings: ItemSettings) -> None:
        self._qualifiers = settings.sku_qualifiers
        self._pieces = frozenset(settings.units) | {""}
        self._cases = frozenset(settings.case_units)
        self._packs = {folded(sku): pack for sku, pack in settings.packs.items()}

    def sku(self, segment: Segment, positions: Iterable[int]) -> str:
        """Return the SKU among pairs of a qualifier (at these positions) and a number (next to it).

        Raises:
            NotReadable: if no number has a known qualifier.
        """
        found = {value(segment, at): value(segment, at + 1) for at in positions if value(segment, at + 1)}
        for qualifier in self._qualifiers:
            if qualifier in found:
                return name(found[qualifier], f"{segment[0]}: the SKU")
        others = ", ".join(sorted(code for code in found if len(code) == 2 and code.isalnum()))
        raise NotReadable(
            f"{segment[0]}: no item number with a qualifier of sku_qualifiers"
            + (f" (it has {others})" if others else "")
        )

    def pieces(self, quantity: Decimal, unit: str, sku: str, element: str) -> Decimal:
        """Return a quantity in pieces. Cases count by the pack that the settings have for the SKU.

        Raises:
            NotReadable: if the unit, or the pack, is not known.
        """
        if unit in self._pieces:
            return quantity
        if unit in self._cases:
            if folded(sku) not in self._packs:
                raise NotReadable(f"{element}: cases, and packs does not say how many pieces a case has")
            return quantity * self._packs[folded(sku)]
        raise NotReadable(f"{element}: a unit that is neither in units nor in case_units")


def name(text: str, what: str) -> str:
    """Return what identifies something.

    Raises:
        NotReadable: if it is longer than any such name.
    """
    if len(text) > LONGEST_NAME:
        raise NotReadable(f"{what}: longer than {LONGEST_NAME} characters")
    return text
