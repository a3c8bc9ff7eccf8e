"""A lane with two warehouses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from cartage_sandbox.stack.shops.mcf import SellerShop
from cartage_sandbox.stack.shops.shipbob import ShipBobShop
from tests.contract.three_warehouses import ThreeWarehouses, three_warehouses
from tests.contract.two_warehouses import WEST, TwoWarehouses, named

if TYPE_CHECKING:
    from tests.contract.conftest import MakeWorld


UNTHROTTLED: dict[str, Any] = {"store_rules": {"throttle": False}, "warehouse_rules": {"throttle": False}}
AnyShop = TypeVar("AnyShop", ShipBobShop, SellerShop)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch, closing: ThreadPoolExecutor) -> Iterator[Callable[[Any], Any]]:
    """Serve the warehouse of a shop until the test ends."""
    with ExitStack() as stack:

        def serve(shop: AnyShop) -> AnyShop:
            shop.__enter__()
            stack.callback(closing.submit, shop.__exit__, None, None, None)
            for name, value in shop.connections().items():
                monkeypatch.setenv(name, value)
            return shop

        yield serve


@pytest.fixture
def west(serve: Callable[[ShipBobShop], ShipBobShop]) -> ShipBobShop:
    """The second warehouse."""
    return serve(ShipBobShop("west", seed=9, **UNTHROTTLED))


@pytest.fixture
def north(serve: Callable[[SellerShop], SellerShop]) -> SellerShop:
    """The third warehouse."""
    return serve(SellerShop("north", seed=11, **UNTHROTTLED))


@pytest.fixture
def two(make_world: MakeWorld, west: ShipBobShop) -> TwoWarehouses:
    """A lane whose orders to the west coast go west, and all others east."""
    world = make_world()
    rules = [{"name": "coast", "when": {"states": ["CA", "OR", "WA"]}, "to": WEST}]
    return TwoWarehouses(world.shop, world.ledger, named(world, west, rules), west=west)


@pytest.fixture
def three(make_world: MakeWorld, west: ShipBobShop, north: SellerShop) -> ThreeWarehouses:
    """A lane with a warehouse at each of three providers."""
    return three_warehouses(make_world(), west, north, [])
