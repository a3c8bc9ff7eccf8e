"""The reference: our name for a fulfillment order at the warehouse, made once and never recomputed."""

from __future__ import annotations

import re

MAX_LENGTH = 22  # X12 W05-02, the shortest limit of the warehouses we know (warehouse-apis.md, section 0.4).
PATTERN = re.compile(r"[A-Z0-9_]{5,22}")
_GENERATIONS = " BCDEFGHIJKLMNOPQRSTUVWXYZ"
LAST_GENERATION = len(_GENERATIONS) - 1


class ReferenceTooLong(ValueError):
    """The store's numbers do not fit into the characters that every warehouse takes."""


def make_reference(store_code: str, order_id: int, shipment_id: int, generation: int = 0) -> str:
    """Name a fulfillment order, e.g. `A3K_31882_0`; a later generation adds a letter: `A3K_31882_0B`.

    Injective: two different keys never give one reference. Never ends in a dash and digits, which Extensiv
    reserves for split orders (warehouse-apis.md, section 0.3).

    Raises:
        ReferenceTooLong: if the result passes 22 characters or the generations are used up.
    """
    if not 0 <= generation < len(_GENERATIONS):
        raise ReferenceTooLong(
            f"generation {generation} of order {order_id}: at most {len(_GENERATIONS) - 1}"
        )
    text = f"{store_code}_{order_id}_{shipment_id}{_GENERATIONS[generation].strip()}"
    if len(text) > MAX_LENGTH or not PATTERN.fullmatch(text):
        raise ReferenceTooLong(
            f"reference {text!r} does not fit into {MAX_LENGTH} characters of A-Z, 0-9 and _"
        )
    return text
