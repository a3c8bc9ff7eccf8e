"""Divide a shipment's contents among packages. No unit is lost or added. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cartage_sandbox.mcf.data.model import Content


def packed(contents: Sequence[Content], packages: int) -> list[Content]:
    """Return the contents in at most so many packages, numbered from 1: whole lines in turn, or units if few.

    Raises ValueError for fewer than one package.
    """
    if packages < 1:
        raise ValueError("at least one package is needed")
    if len(contents) >= packages:
        return [
            Content(each.line, each.quantity, place % packages + 1) for place, each in enumerate(contents)
        ]
    spread = [
        Content(each.line, quantity, number)
        for each in contents
        for number, quantity in enumerate(_shares(each.quantity, packages), 1)
        if quantity
    ]
    return sorted(spread, key=lambda content: content.package or 0)


def _shares(quantity: int, packages: int) -> list[int]:
    each, rest = divmod(quantity, packages)
    return [each + (1 if place < rest else 0) for place in range(packages)]
