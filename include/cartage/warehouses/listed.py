"""What a warehouse's list of orders says of each order."""

from __future__ import annotations

from enum import StrEnum


class ListedPart(StrEnum):
    """A part of an order that the list shows, besides its reference and state."""

    LINES = "lines"
    ADDRESS = "address"
    SHIP_METHOD = "ship method"
    PACKAGES = "packages"
