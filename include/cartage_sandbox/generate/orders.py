"""Generate the orders of a period: seeded, each of a known kind, with ids in the sequence of their carts.

The same seed, catalogue and period give the same orders, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from random import Random
from typing import Any

from cartage_sandbox.generate.catalogue import Catalogue
from cartage_sandbox.generate.kinds import DEFAULT_MIX, EXPECTED, MAKERS, Expected, allotted
from cartage_sandbox.generate.making import Maker, Slot

STORE_ZONE = timezone(timedelta(hours=-5))
FIRST_ORDER_ID = 30_001
_SLOW_CARTS = 0.03
_NEW = 1


@dataclass(frozen=True, slots=True)
class Labelled:
    """A generated order (or a value in place of one), with what is known about it."""

    kind: str
    order: Any
    ordered: datetime

    @property
    def expected(self) -> Expected:
        """Return what a correct fulfillment system does with it."""
        return EXPECTED[self.kind]

    @property
    def status(self) -> int:
        """Return the OrderStatusID under which lists show it."""
        return int(self.order["OrderStatusID"]) if isinstance(self.order, dict) else _NEW


def generate_labelled(
    rng: Random,
    catalogue: Catalogue,
    count: int,
    start: datetime,
    end: datetime,
    mix: Mapping[str, float] | None = None,
    *,
    zone: tzinfo = STORE_ZONE,
    first_order_id: int = FIRST_ORDER_ID,
) -> Iterator[Labelled]:
    """Yield `count` orders placed in [start, end), ascending by OrderID. Raises ValueError for a wrong mix.

    OrderIDs follow the creation of carts, so OrderDate does not ascend with them (section 3.2).
    """
    if not start < end or start.tzinfo is None or end.tzinfo is None:
        raise ValueError("start and end must be aware, and start before end")
    maker = Maker(rng, catalogue, zone)
    kinds = allotted(rng, count, mix or DEFAULT_MIX)
    for order_id, (kind, ordered) in enumerate(
        zip(kinds, _placed(rng, count, start, end), strict=True), first_order_id
    ):
        yield Labelled(kind, MAKERS[kind](maker, Slot(order_id, ordered)), ordered)


def generate_orders(
    rng: Random,
    catalogue: Catalogue,
    count: int,
    start: datetime,
    end: datetime,
    mix: Mapping[str, float] | None = None,
) -> list[Any]:
    """Return only the orders; those of kind `no_object` are not dicts. See `generate_labelled`."""
    return [each.order for each in generate_labelled(rng, catalogue, count, start, end, mix)]


def _placed(rng: Random, count: int, start: datetime, end: datetime) -> list[datetime]:
    """Return the times at which orders were placed, in the sequence in which their carts were created."""
    carts = []
    for _ in range(count):
        ordered = start + (end - start) * rng.random()
        minutes = rng.expovariate(1 / 12) + (rng.uniform(600, 5000) if rng.random() < _SLOW_CARTS else 0)
        carts.append((ordered - timedelta(minutes=minutes), ordered.replace(microsecond=0)))
    return [max(ordered, start) for _, ordered in sorted(carts)]
