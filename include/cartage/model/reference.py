"""The reference: a fulfillment order's name at the warehouse, made once and never computed again."""

from __future__ import annotations

import re

MAX_LENGTH = 22  # X12 W05-02, the shortest limit of all known warehouses (warehouse-apis.md, section 0.4).
PATTERN = re.compile(r"[A-Z0-9_]{5,22}")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LAST_GENERATION = len(_LETTERS) - 1
LAST_PART = len(_LETTERS) - 1


class ReferenceTooLong(ValueError):
    """The store's numbers give a reference that is too long for some warehouse."""


def make_reference(
    store_code: str, order_id: int, shipment_id: int, generation: int = 0, part: int = 0
) -> str:
    """Return the reference of a fulfillment order, e.g. `A3K_31882_0`. Later generations add a letter: `A3K_31882_0B`.

    Further parts of a ship group add two letters, the part's and the generation's: `A3K_31882_0BA` is the second part's
    first generation.

    Different arguments never give the same reference. It never ends in a dash and digits, which Extensiv reserves for
    split orders (warehouse-apis.md, section 0.3).

    Raises:
        ReferenceTooLong: if the result is longer than 22 characters, or there are no more generations or parts.
    """
    if not 0 <= generation <= LAST_GENERATION:
        raise ReferenceTooLong(f"generation {generation} of order {order_id}: at most {LAST_GENERATION}")
    if not 0 <= part <= LAST_PART:
        raise ReferenceTooLong(f"part {part} of order {order_id}: at most {LAST_PART}")
    # One letter is a generation of the whole, two are a further part: no two of them have the same text.
    letters = f"{_LETTERS[part] if part else ''}{_LETTERS[generation] if part or generation else ''}"
    text = f"{store_code}_{order_id}_{shipment_id}{letters}"
    if len(text) > MAX_LENGTH or not PATTERN.fullmatch(text):
        raise ReferenceTooLong(
            f"reference {text!r} does not fit into {MAX_LENGTH} characters of A-Z, 0-9 and _"
        )
    return text


def fits_reference(
    store_code: str, order_id: int, shipment_id: int, generation: int = 0, part: int = 0
) -> bool:
    """Return whether there is a reference for these numbers."""
    try:
        make_reference(store_code, order_id, shipment_id, generation, part)
    except ReferenceTooLong:
        return False
    return True
