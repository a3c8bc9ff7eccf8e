"""What a person chose for an order that no warehouse has in full."""

from __future__ import annotations

from enum import StrEnum


class RoutingChoice(StrEnum):
    """How an order goes on that would wait for stock. It counts for the lines that no rule could place."""

    WAIT = ""  # until a warehouse, or several by their rule, have all of it
    SPLIT = "split"  # what the warehouses have leaves now, the rest waits
    BACKORDER = "backorder"  # what none has goes to the rule's first warehouse, which sends it later
