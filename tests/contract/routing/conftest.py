"""A lane with two warehouses."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from cartage_sandbox.stack.shops.shipbob import ShipBobShop
from tests.contract.two_warehouses import WEST, TwoWarehouses, named

if TYPE_CHECKING:
    from tests.contract.conftest import MakeWorld


@pytest.fixture
def west(monkeypatch: pytest.MonkeyPatch, closing: ThreadPoolExecutor) -> Iterator[ShipBobShop]:
    """The second warehouse."""
    shop = ShipBobShop("west", seed=9, store_rules={"throttle": False}, warehouse_rules={"throttle": False})
    shop.__enter__()
    for name, value in shop.connections().items():
        monkeypatch.setenv(name, value)
    yield shop
    closing.submit(shop.__exit__, None, None, None)


@pytest.fixture
def two(make_world: MakeWorld, west: ShipBobShop) -> TwoWarehouses:
    """A lane whose orders to the west coast go west, and all others east."""
    world = make_world()
    rules = [{"name": "coast", "when": {"states": ["CA", "OR", "WA"]}, "to": WEST}]
    return TwoWarehouses(world.shop, world.ledger, named(world, west, rules), west=west)
