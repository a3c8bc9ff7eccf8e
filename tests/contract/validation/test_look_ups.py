"""Look-ups of SKUs by name: one that the warehouse cannot be asked for, or refuses, concerns that SKU alone."""

from __future__ import annotations

import pytest

from tests.contract.conftest import MakeWorld
from tests.contract.world import ORDERS_STAGES, World

VALIDATED = ORDERS_STAGES[:2]


def place_new_item(world: World, sku: str) -> int:
    """Place an order for an item that the cached catalogue does not have."""
    [order_id] = world.place("single")
    world.amend(order_id, line={"ItemID": sku, "ItemOptions": ""})
    return order_id


def unknown_skus(world: World) -> set[str]:
    rows = world.rows("SELECT subject FROM cause WHERE kind = 'unknown_sku' AND closed_at IS NULL")
    return {row.subject for row in rows}


def with_cached_catalogue(world: World) -> World:
    world.place("single")
    world.go(*ORDERS_STAGES)
    return world


@pytest.mark.parametrize("sku", ["\u7b46" * 300, "S" * 400 + " & ,;()*!%"], ids=["300 signs", "400 letters"])
def test_a_sku_that_no_query_can_have_is_unknown_and_its_neighbours_are_looked_up(
    world: World, sku: str
) -> None:
    with_cached_catalogue(world)
    new, odd = place_new_item(world, "NEW-ITEM-1"), place_new_item(world, sku)
    world.stock("NEW-ITEM-1")
    world.go(*VALIDATED)
    assert [world.state_of(order) for order in (new, odd)] == [["ready"], ["blocked"]]
    assert unknown_skus(world) == {sku}


@pytest.mark.parametrize("status", ["400", "404", "414"])
def test_a_sku_that_the_warehouse_refuses_is_unknown_and_its_neighbours_are_looked_up(
    make_world: MakeWorld, status: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = make_world(warehouse_rules={"longest_query": 700, "long_query_status": status})
    with_cached_catalogue(world)
    refused = "\u7b46" * 60
    new = [place_new_item(world, f"NEW-ITEM-{number}") for number in range(8)]
    odd = place_new_item(world, refused)
    world.stock(*(f"NEW-ITEM-{number}" for number in range(8)))
    world.go(*VALIDATED)
    assert [world.state_of(order) for order in new] == [["ready"]] * 8
    assert world.state_of(odd) == ["blocked"]
    assert unknown_skus(world) == {refused}
    assert "refuses to be asked for" in caplog.text


def test_a_sku_that_is_refused_by_name_is_found_in_the_next_reading_of_the_catalogue(
    make_world: MakeWorld,
) -> None:
    world = make_world(warehouse_rules={"longest_query": 700})
    with_cached_catalogue(world)
    odd = place_new_item(world, "\u7b46" * 60)
    world.go(*VALIDATED)
    assert world.state_of(odd) == ["blocked"]
    world.stock("\u7b46" * 60)
    world.execute("UPDATE catalogue_refresh SET refreshed_at = refreshed_at - interval '30 days'")
    world.go(*VALIDATED)
    assert world.state_of(odd) == ["ready"]


def test_a_mapping_to_a_sku_with_a_control_character_concerns_its_orders_alone(world: World) -> None:
    with_cached_catalogue(world)
    new, odd = place_new_item(world, "NEW-ITEM-1"), place_new_item(world, "ODD")
    world.settings["skus"] = [{"store": "ODD", "sku": "A\x07B"}]
    world.stock("NEW-ITEM-1")
    world.go(*VALIDATED)
    assert [world.state_of(order) for order in (new, odd)] == [["ready"], ["blocked"]]
