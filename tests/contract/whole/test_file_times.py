"""A lane whose SFTP server shows the times of files, or does not: everything is taken in, once, either way."""

from __future__ import annotations

import pytest

from tests.contract.changes.changed import open_exceptions
from tests.contract.conftest import MakeFileWorld
from tests.contract.file_world import FileWorld
from tests.contract.inventory.stocked import NO_BREAKER, goods, shown
from tests.contract.world import ORDERS_STAGES, SHIPMENT_STAGES, SHIPPED


@pytest.fixture(params=[True, False], ids=["times", "no times"])
def shows_times(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def world(make_file_world: MakeFileWorld, shows_times: bool) -> FileWorld:
    return make_file_world(rules={"file_times": shows_times}, inventory={"breaker": NO_BREAKER})


def count_stock(world: FileWorld) -> None:
    """Let the warehouse write a file with all its stock."""
    with world.files.warehouse.premises.lock:
        world.files.warehouse.floor.send_inventory(world.files.account, full=True)


def test_a_confirmation_ships_its_order_once_it_stands_still(world: FileWorld, shows_times: bool) -> None:
    [order_id] = world.place()
    world.go(*ORDERS_STAGES)
    world.work()
    world.ship(order_id)
    looks = [world.go(*SHIPMENT_STAGES)["poll_tracking"]["files"] for _ in range(3)]
    # Without a time, only a second run can see that nothing has written to the file.
    assert looks == ([1, 0, 0] if shows_times else [0, 1, 0])
    assert (world.store_status(order_id), world.names("out")) == (SHIPPED, [])


def test_the_newest_inventory_file_counts(world: FileWorld, shows_times: bool) -> None:
    [mug] = goods(world, {"MUG": 42}, in_store=1).values()
    for units in (42, 40):
        world.stock("MUG", qty=units)
        count_stock(world)
        looks = [world.go("poll_stock", "update_stock")["poll_stock"]["files"] for _ in range(3)]
        assert looks == ([1, 0, 0] if shows_times else [0, 1, 0])
        assert (shown(world, mug), world.names("out")) == (units, [])
        world.files.clock.advance(60)


def test_an_order_file_that_the_warehouse_renamed_rejects_its_order(
    world: FileWorld, shows_times: bool
) -> None:
    world.place()
    world.go(*ORDERS_STAGES)
    home = world.files.warehouse.premises.home(world.files.account.login)
    [name] = world.names("in")
    (home / "in" / name).rename(home / "in" / f"{name}_rejected")
    looks = [world.go(*SHIPMENT_STAGES)["poll_tracking"]["rejected"] for _ in range(3)]
    assert looks == ([1, 0, 0] if shows_times else [0, 1, 0])
    [exception] = open_exceptions(world)
    assert "renamed it" in exception.message
    assert world.names("in") == []
