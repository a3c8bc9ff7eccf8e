"""The table of kinds: how to make them, what a correct fulfillment system does with them, and how often they occur.

Shares are weights, not per cent. A mix names all the kinds that it wants.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from random import Random
from typing import Any

from cartage_sandbox.generate import healthy, troubled
from cartage_sandbox.generate.making import Maker, Slot


class Expected(StrEnum):
    """What happens to an order in the end, if nobody fixes anything."""

    SHIPS = "ships"
    SKIPPED = "skipped"
    BLOCKED = "blocked"
    VARIES = "varies"


Make = Callable[[Maker, Slot], Any]

_SHIPS: Mapping[str, tuple[Make, float]] = {
    "single": (healthy.single, 24),
    "multi_line": (healthy.multi_line, 16),
    "options": (healthy.options, 14),
    "part_number": (healthy.part_number, 5),
    "bundle": (healthy.bundle, 6),
    "guest": (healthy.guest, 8),
    "discount": (healthy.discount, 4),
    "discount_line": (healthy.discount_line, 2),
    "gift_certificate": (healthy.gift_certificate, 2),
    "multi_ship_to": (healthy.multi_ship_to, 3),
    "foreign": (healthy.foreign, 4),
    "unicode": (healthy.unicode, 3),
    "html_comments": (healthy.html_comments, 3),
    "padded": (healthy.padded, 2),
    "damaged_method": (healthy.damaged_method, 2),
    "engraving": (healthy.engraving, 2),
}
_SKIPPED: Mapping[str, tuple[Make, float]] = {"cart": (healthy.cart, 3), "unpaid": (healthy.unpaid, 3)}
_TROUBLED: Mapping[str, tuple[Make, float]] = {
    "unmapped_method": (troubled.unmapped_method, 1.2),
    "unknown_sku": (troubled.unknown_sku, 0.9),
    "missing_address": (troubled.missing_address, 0.6),
    "huge_comment": (troubled.huge_comment, 0.4),
    "null_items": (troubled.null_items, 0.4),
    "no_object": (troubled.no_object, 0.3),
}
# Never in a mix by default: a lane's policy decides what is right for them, or a person does.
_ODD: Mapping[str, Make] = {
    "shipped": healthy.shipped,
    **{
        make.__name__: make
        for make in (
            troubled.null_shipments, troubled.no_items, troubled.no_shipment, troubled.zero_quantity,
            troubled.fractional_quantity, troubled.precise_price, troubled.empty_sku, troubled.wrong_case_sku,
            troubled.invoice_zero, troubled.duplicate_invoice, troubled.mojibake, troubled.control_characters,
            troubled.older_platform, troubled.newer_platform, troubled.null_fields,
            troubled.huge_sku, troubled.huge_method, troubled.huge_invoice_prefix,
        )
    },
}  # fmt: skip

MAKERS: Mapping[str, Make] = {
    **{kind: make for kind, (make, _) in {**_SHIPS, **_SKIPPED, **_TROUBLED}.items()},
    **_ODD,
}
EXPECTED: Mapping[str, Expected] = {
    **dict.fromkeys(_SHIPS, Expected.SHIPS),
    **dict.fromkeys(_SKIPPED, Expected.SKIPPED),
    **dict.fromkeys(_TROUBLED, Expected.BLOCKED),
    **dict.fromkeys(_ODD, Expected.VARIES),
}
HEALTHY_MIX: Mapping[str, float] = {kind: share for kind, (_, share) in _SHIPS.items()}
DEFAULT_MIX: Mapping[str, float] = {
    kind: share for kind, (_, share) in {**_SHIPS, **_SKIPPED, **_TROUBLED}.items()
}
_ENOUGH_FOR_EACH = 2


def allotted(rng: Random, count: int, mix: Mapping[str, float]) -> list[str]:
    """Return `count` kinds in random sequence, by share; each at least once if there is room for all twice.

    Raises ValueError for an unknown kind, or shares that are not positive.
    """
    unknown = sorted(set(mix) - set(MAKERS))
    if unknown or not mix or any(share <= 0 for share in mix.values()):
        raise ValueError(
            f"a mix gives positive shares of {', '.join(MAKERS)}; not {', '.join(unknown) or dict(mix)}"
        )
    least = 1 if count >= _ENOUGH_FOR_EACH * len(mix) else 0
    total = sum(mix.values())
    exact = {kind: share * (count - least * len(mix)) / total for kind, share in mix.items()}
    numbers = {kind: least + int(each) for kind, each in exact.items()}
    by_remainder = sorted(mix, key=lambda kind: int(exact[kind]) - exact[kind])
    for kind in by_remainder[: count - sum(numbers.values())]:
        numbers[kind] += 1
    kinds = [kind for kind, number in numbers.items() for _ in range(number)]
    rng.shuffle(kinds)
    return kinds
