"""Fill a store from the generator, and record the kind of each order.

The catalogue of the first call stays; later calls order from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from cartage_sandbox.generate import Catalogue, generate_catalogue, generate_labelled
from cartage_sandbox.threedcart.data.entries import Place
from cartage_sandbox.threedcart.data.state import StoreState
from cartage_sandbox.threedcart.wire.times import local, store_zone

_DEFAULT_PRODUCTS = 60


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to generate. `products` applies to the first call only; 0 is the usual number."""

    seed: int
    orders: int
    start: datetime
    end: datetime
    mix: Mapping[str, float] | None = None
    products: int = 0


class Population:
    """The generated catalogue and orders of a store."""

    def __init__(self, state: StoreState) -> None:
        self._state = state
        self.catalogue: Catalogue | None = None

    def grow(self, wanted: Wanted) -> dict[str, Any]:
        """Generate and store orders. Return their ids by kind, and the items that a warehouse would know."""
        rng = Random(wanted.seed)
        catalogue = self.catalogue or generate_catalogue(rng, products=wanted.products or _DEFAULT_PRODUCTS)
        if self.catalogue is None:
            self.catalogue = catalogue
            self._state.stock(catalogue.products)
        return {
            "ids": self._place(rng, catalogue, wanted),
            "orders": wanted.orders,
            "start": wanted.start.isoformat(),
            "end": wanted.end.isoformat(),
            "warehouse_items": [list(each) for each in catalogue.warehouse_items()],
        }

    def _place(self, rng: Random, catalogue: Catalogue, wanted: Wanted) -> dict[str, list[int]]:
        zone = store_zone(self._state.rules.text("store_time_zone"))
        ids: dict[str, list[int]] = {}
        for each in generate_labelled(
            rng, catalogue, wanted.orders, wanted.start, wanted.end, wanted.mix,
            zone=zone, first_order_id=self._state.orders.next_id(),
        ):  # fmt: skip
            place = Place(each.status, local(each.ordered, zone))
            order_id = self._state.place(each.order, fill=False, kind=each.kind, place=place)
            ids.setdefault(each.kind, []).append(order_id)
        return ids
