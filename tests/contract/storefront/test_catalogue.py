"""Order statuses, products and settings, read from the emulated store."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.contract.storefront.world import World


def test_order_statuses_come_with_the_systems_names(world: World) -> None:
    statuses = {status.id: status.definition for status in world.client.order_statuses()}
    assert [statuses[status_id] for status_id in (1, 2, 3, 4)] == ["New", "Processing", "Partial", "Shipped"]
    assert len(world.requests()) == 1


def test_sku_information_and_products_agree_across_pages(world: World) -> None:
    world.emulator.generate(0, products=420)
    infos = {info.catalog_id: info for page in world.client.sku_info() for info in page}
    products = {product.info.catalog_id: product for page in world.client.products() for product in page}
    assert len(infos) == len(products) >= 420
    assert all(products[info].info == infos[info] for info in infos)
    assert any(option.sku for product in products.values() for option in product.options)
    assert all("limit=200" in entry["path"] for entry in world.requests())


def test_a_single_sku_can_be_requested(world: World) -> None:
    world.emulator.generate(0, products=20)
    known = next(iter(next(world.client.sku_info())))
    assert [info for page in world.client.sku_info(sku=known.sku) for info in page] == [known]
    assert list(world.client.sku_info(sku="NO-SUCH-SKU")) == []


@pytest.mark.parametrize("shape", ["array", "object"])
def test_store_settings_are_read_in_either_shape(open_world: Callable[..., World], shape: str) -> None:
    found = open_world(store_settings_shape=shape).client.store_settings()
    assert (found.name, found.time_zone, found.currency) == ("Demo Outfitters", "-5", "USD")
