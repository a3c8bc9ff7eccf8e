"""A sandbox warehouse whose rows are damaged: orders with their packages, items, stock, carriers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from cartage_sandbox.extensiv.api import catalogue
from cartage_sandbox.extensiv.wire.rels import ITEM_REL
from cartage_sandbox.extensiv.wire.resources import Resources, carrier_shown
from cartage_sandbox.kernel import jsonwire
from tests.contract.warehouses.hostile_rows import (
    FIGURE,
    FLAG,
    ID,
    KEY,
    NUMBER,
    QUANTITY,
    STATUS,
    TEXT,
    DamagedRow,
    damaged_row,
)
from tests.contract.world import World

_MARK = re.compile(rb'"@@ROW(\d+)@@"')

# What is needed of a row, by what it is read for.
_READ_ONLY = {"orderId": ID, "status": STATUS, "isClosed": FLAG, "customerIdentifier": {"id": KEY}}
STATE = {"readOnly": _READ_ONLY}
_LINE = {"itemIdentifier": {"sku": ID}, "qty": QUANTITY}
_CONTENT = {"orderItemId": ID, "qty": QUANTITY}
_PACKAGE = {"packageId": KEY, "trackingNumber": KEY, "packageContents": [_CONTENT]}
_PACKED_LINE = {**_LINE, "readOnly": {"orderItemId": KEY}}
SHIPPED = {
    "referenceNum": KEY,
    "_embedded": {ITEM_REL: [_PACKED_LINE]},
    "readOnly": {**_READ_ONLY, "packages": [_PACKAGE]},
    "routingInfo": {"trackingNumber": KEY},
    "parcelResponse": {"trackingNumbers": [KEY]},
}
_PLACE = dict.fromkeys(("country", "zip", "city", "address1", "address2"), TEXT)
FOUND = {"referenceNum": ID, "_embedded": {ITEM_REL: [_LINE]}, **STATE, "shipTo": _PLACE}
CUSTOMER = {"readOnly": {"customerIdentifier": {"id": KEY}}}
REFERENCE = {"referenceNum": KEY}
ITEM = {"sku": ID, "readOnly": {"deactivated": FLAG}}
FACILITY = {"facilityId": KEY}
STOCK = {
    "itemIdentifier": {"sku": ID},
    "facilityId": KEY,
    "available": FIGURE,
    "orderedNotAllocated": NUMBER,
}
_SERVICE = {"code": KEY, "description": TEXT, "deactivated": FLAG}
CARRIER = {"name": ID, "deactivated": FLAG, "disallowOnOrder": FLAG, "shipmentServices": [_SERVICE]}


@dataclass
class HostileWarehouse:
    """The damages of a warehouse's rows, by kind and by what identifies a row. While `open`, responses show them."""

    world: World
    seed: int
    orders: dict[str, DamagedRow] = field(default_factory=dict)
    items: dict[str, DamagedRow] = field(default_factory=dict)
    stock: dict[str, DamagedRow] = field(default_factory=dict)
    carriers: dict[str, DamagedRow] = field(default_factory=dict)

    def damage(self, kind: str, rows: Mapping[str, dict[str, Any]], identity: str = "") -> None:
        """Damage these rows from now on; where `identity` is given, some have that of others."""
        others = [row[identity] for row in rows.values()] if identity else []
        damaged = {
            name: damaged_row(f"{self.seed}/{kind}/{name}", row, identity=(identity,), others=others)
            for name, row in rows.items()
        }
        getattr(self, kind).update(damaged)

    def order_row(self, reference: str) -> dict[str, Any]:
        """Return an order as the warehouse shows it undamaged, in full."""
        [order] = self.world.shop.warehouse.floor.named([reference])
        return self._resources.order(order, frozenset({"all"}), frozenset({"all"}))

    def item_row(self, sku: str) -> dict[str, Any]:
        """Return an item of the catalogue, undamaged."""
        known = self.world.shop.warehouse.state.catalogue
        item = known.item(12, sku)
        assert item is not None
        return self._resources.customer_item(item, known.customers[12])

    def stock_row(self, sku: str) -> dict[str, Any]:
        """Return a row of stock, undamaged."""
        item = self.world.shop.warehouse.state.catalogue.item(12, sku)
        assert item is not None
        return self._resources.stock_summary(item, ordered=True)

    @property
    def _resources(self) -> Resources:
        return Resources(self.world.shop.warehouse.rules, self.world.shop.warehouse.state.timestamps)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Show the damaged rows in every response."""
        written: list[bytes] = []
        dumps = jsonwire.dumps

        def shown(of: Callable[..., Any], damaged: dict[str, DamagedRow], name: Callable[..., str]) -> Any:
            def row(*arguments: Any, **options: Any) -> Any:
                genuine = of(*arguments, **options)
                found = damaged.get(name(*arguments))
                if found is None:
                    return genuine
                written.append(found.written(genuine))
                return f"@@ROW{len(written) - 1}@@"

            return row

        def with_rows(data: Any) -> bytes:
            return _MARK.sub(lambda mark: written[int(mark[1])], dumps(data))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                Resources, "order", shown(Resources.order, self.orders, lambda _, order, *__: order.reference)
            )
            of_item: Callable[..., str] = lambda _, item, *__: item.sku  # noqa: E731
            patch.setattr(Resources, "customer_item", shown(Resources.customer_item, self.items, of_item))
            patch.setattr(Resources, "stock_summary", shown(Resources.stock_summary, self.stock, of_item))
            patch.setattr(
                catalogue, "carrier_shown", shown(carrier_shown, self.carriers, lambda carrier: carrier.name)
            )
            patch.setattr(catalogue, "distorted", _undistorted)
            patch.setattr(jsonwire, "dumps", with_rows)
            yield


def _undistorted(row: Any, _: str) -> Any:
    return row
