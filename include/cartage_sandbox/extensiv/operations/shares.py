"""Divide an order's lines among the cartons of a shipment or the parts of a split.

No quantity is lost or added: all parts together hold what the lines hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from cartage_sandbox.extensiv.data.model import Line

Share = list[tuple[Line, Decimal]]


def shares(lines: Sequence[Line], parts: int) -> list[Share]:
    """Return at most `parts` non-empty shares: whole lines in turn, or quantities if there are too few lines.

    Raises ValueError for fewer than one part.
    """
    if parts < 1:
        raise ValueError("at least one part is needed")
    divided: list[Share] = [[] for _ in range(parts)]
    if len(lines) >= parts:
        for position, line in enumerate(lines):
            divided[position % parts].append((line, line.qty))
    else:
        for line in lines:
            for share, qty in zip(divided, _spread(line.qty, parts), strict=True):
                if qty > 0:
                    share.append((line, qty))
    return [share for share in divided if share]


def _spread(qty: Decimal, parts: int) -> list[Decimal]:
    if qty != qty.to_integral_value():
        return [qty] + [Decimal(0)] * (parts - 1)
    each, rest = divmod(int(qty), parts)
    return [Decimal(each + (1 if position < rest else 0)) for position in range(parts)]
