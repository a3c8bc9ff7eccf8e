"""A lane with two warehouses."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from cartage_sandbox.stack.shops.mcf import SellerShop
from cartage_sandbox.stack.shops.shipbob import ShipBobShop
from tests.contract.three_warehouses import ThreeWarehouses, three_warehouses
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


@pytest.fixture
def north(monkeypatch: pytest.MonkeyPatch, closing: ThreadPoolExecutor) -> Iterator[SellerShop]:
    """The third warehouse."""
    shop = SellerShop("north", seed=11, store_rules={"throttle": False}, warehouse_rules={"throttle": False})
    shop.__enter__()
    for name, value in shop.connections().items():
        monkeypatch.setenv(name, value)
    yield shop
    closing.submit(shop.__exit__, None, None, None)


@pytest.fixture
def three(make_world: MakeWorld, west: ShipBobShop, north: SellerShop) -> ThreeWarehouses:
    """A lane with a warehouse at each of three providers."""
    return three_warehouses(make_world(), west, north, [])
