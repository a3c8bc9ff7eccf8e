"""Rows of the warehouse that are damaged in every way fail no stage: what is odd is named, what is sound is taken in.

`CARTAGE_HOSTILE` sets how many rows are damaged (default 300), `CARTAGE_HOSTILE_SEED` the seed (default 1).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from cartage.warehouses.repo.offers import offered_ship_methods
from cartage_sandbox.extensiv.wire.resources import carrier_shown
from tests.contract.conftest import MakeWorld
from tests.contract.inventory.stocked import NO_BREAKER, STOCK_STAGES, goods, shown
from tests.contract.warehouses.hostile_rows import DamagedRow, Needed, Verdict
from tests.contract.warehouses.hostile_warehouse import (
    CARRIER,
    CUSTOMER,
    FACILITY,
    FOUND,
    ITEM,
    REFERENCE,
    SHIPPED,
    STATE,
    STOCK,
    HostileWarehouse,
)
from tests.contract.world import ORDERS_STAGES, SHIPMENT_STAGES, World
from tests.contract.world import SHIPPED as SHIPPED_STATUS

_MANY = int(os.environ.get("CARTAGE_HOSTILE", "300"))
_SEED = int(os.environ.get("CARTAGE_HOSTILE_SEED", "1"))
# One row in so many is left as it is.
_UNTOUCHED = 5


@pytest.fixture
def hostile(make_world: MakeWorld) -> HostileWarehouse:
    world = make_world(inventory={"breaker": NO_BREAKER}, warehouse={"poll_overlap": "1s"})
    return HostileWarehouse(world, _SEED)


def share(of_ten: int) -> int:
    """Return how many rows make this share of all damages, with those that are left as they are."""
    return max(_MANY * of_ten // 10, 10) * _UNTOUCHED // (_UNTOUCHED - 1)


def touched(names: Iterable[str]) -> list[str]:
    return [name for number, name in enumerate(names) if number % _UNTOUCHED]


def by_verdict(
    rows: Mapping[str, DamagedRow], needed: Needed, *unless: Needed
) -> dict[Verdict, dict[str, DamagedRow]]:
    """Return the rows by what must become of them. With other values in one of `unless`, a row may not concern us."""
    found: dict[Verdict, dict[str, DamagedRow]] = {verdict: {} for verdict in Verdict}
    for name, row in rows.items():
        elsewhere = any(row.judge(part) is Verdict.CHANGED for part in unless)
        found[Verdict.CHANGED if elsewhere else row.judge(needed)][name] = row
    assert all(found.values()), "the sample is too small: a verdict has no row"
    return found


def named(world: World, kind: str) -> Counter[str]:
    rows = world.rows("SELECT name, remote_id, what FROM unreadable_row WHERE kind = :kind", kind=kind)
    assert all(row.what for row in rows)
    return Counter(name for row in rows for name in {row.name, row.remote_id})


def not_named(
    world: World, kind: str, odd: Mapping[str, DamagedRow], *names: tuple[str, ...]
) -> dict[str, str]:
    """Return the odd rows that nothing names: neither by what is left of them, nor, if nothing is, without a name."""
    found = named(world, kind)
    left = {}
    for name, row in odd.items():
        known = {str(row.value_at(*place)) for place in names} & {
            name,
            *(str(_at(row.genuine, place)) for place in names),
        }
        if not any(found[text] for text in known or {""}):
            left[name] = str(row)
    return left


def _at(row: Any, place: tuple[str, ...]) -> Any:
    for part in place:
        row = row[part]
    return row


def test_damaged_orders_and_packages_are_named_and_sound_ones_are_posted(hostile: HostileWarehouse) -> None:
    world = hostile.world
    ids = world.place("single", share(4))
    world.go(*ORDERS_STAGES)
    assert world.states() == {"acknowledged": len(ids)}
    order_of = {row.reference: row.order_id for row in world.rows("SELECT * FROM fulfillment_order")}
    floor = world.shop.warehouse.floor
    tracking = {
        order.reference: order.packages[0].tracking_number for order in floor.ship(floor.named(order_of))
    }
    assert tracking.keys() == order_of.keys()
    hostile.damage("orders", {name: hostile.order_row(name) for name in touched(order_of)})
    with hostile.open():
        world.go(*SHIPMENT_STAGES)
        world.go(*SHIPMENT_STAGES)
    verdicts = by_verdict(hostile.orders, SHIPPED, STATE, CUSTOMER)
    sound = [name for name in order_of if name not in hostile.orders or name in verdicts[Verdict.SOUND]]
    states = {
        row.reference: row.state for row in world.rows("SELECT reference, state FROM fulfillment_order")
    }
    assert {
        name: (states[name], str(hostile.orders.get(name))) for name in sound if states[name] != "shipped"
    } == {}
    posted = {name: (world.store_status(order_of[name]), world.tracking(order_of[name])) for name in sound}
    assert posted == {name: (SHIPPED_STATUS, tracking[name]) for name in sound}
    odd = verdicts[Verdict.ODD]
    assert not_named(world, "order", odd, ("readOnly", "orderId"), ("referenceNum",)) == {}
    assert {name for name in odd if states[name] != "acknowledged"} == set()
    # Once the warehouse reports them as they are, all are taken in, and nothing is left to be named.
    for _ in range(len(odd) // 50 + 2):
        world.go("poll_tracking")
    assert {name for name in odd if world.state_of(order_of[name]) != ["shipped"]} == set()
    assert named(world, "order").keys() & order_of.keys() == set()


def test_outcomes_are_settled_by_sound_rows_and_stay_unknown_where_they_are_odd(
    hostile: HostileWarehouse, caplog: pytest.LogCaptureFixture
) -> None:
    world = hostile.world
    count = len(world.place("single", share(2)))
    world.go(*ORDERS_STAGES[:4])
    # As a run leaves them that was killed before it saw the responses.
    world.execute("UPDATE transfer SET outcome = NULL, finished_at = NULL, remote_id = NULL")
    world.execute(
        "UPDATE fulfillment_order SET state = 'sending', remote_id = NULL, lease_owner = 'dead',"
        " lease_until = clock_timestamp()"
    )
    world.wait_out()
    assert world.states() == {"sending": count}
    references = [row.reference for row in world.rows("SELECT reference FROM fulfillment_order")]
    hostile.damage("orders", {name: hostile.order_row(name) for name in touched(references)})
    with hostile.open():
        while "sending" in world.states():
            world.go("settle_outcomes")
    verdicts = by_verdict(hostile.orders, FOUND, REFERENCE, CUSTOMER)
    states = {
        row.reference: row.state for row in world.rows("SELECT reference, state FROM fulfillment_order")
    }
    sound = [name for name in references if name not in hostile.orders or name in verdicts[Verdict.SOUND]]
    assert {name: str(hostile.orders.get(name)) for name in sound if states[name] != "acknowledged"} == {}
    odd = verdicts[Verdict.ODD]
    assert {name: str(row) for name, row in odd.items() if states[name] != "unknown"} == {}
    assert {name for name in odd if f"{name!r} stays unsettled" not in caplog.text} == set()
    world.wait_out()
    world.go("settle_outcomes")
    assert {name for name in odd if world.state_of(int(name.split("_")[1])) != ["acknowledged"]} == set()
    assert set(world.references().values()) == {1}


def test_damaged_items_and_carriers_are_named_and_sound_ones_are_known(hostile: HostileWarehouse) -> None:
    world = hostile.world
    skus = [f"HOSTILE-{number}" for number in range(share(2))]
    world.stock(*skus)
    warehouse = world.shop.warehouse.state.catalogue
    carriers = [
        {"name": f"Carrier {number}", "services": [{"code": "A", "description": "Air"}]}
        for number in range(share(1))
    ]
    warehouse.put_carriers(
        [{"name": "UPS", "services": [{"code": "03", "description": "Ground"}]}, *carriers]
    )
    hostile.damage("items", {sku: hostile.item_row(sku) for sku in touched(skus)}, "sku")
    shown_carriers = {carrier.name: carrier_shown(carrier) for carrier in warehouse.carriers[1:]}
    hostile.damage("carriers", {name: shown_carriers[name] for name in touched(shown_carriers)}, "name")
    orders = dict(zip(world.place("single", 40), skus, strict=False))
    for order_id, sku in orders.items():
        world.amend(order_id, line={"ItemID": sku})
    with hostile.open():
        world.go(*ORDERS_STAGES[:2], "blocked_orders")
    items, services = by_verdict(hostile.items, ITEM), by_verdict(hostile.carriers, CARRIER)
    known = {row.sku for row in world.rows("SELECT sku FROM catalogue")}
    sound = {sku for sku in skus if sku not in hostile.items or sku in items[Verdict.SOUND]}
    assert sound - known == set()
    claimed = {sku for name, row in hostile.items.items() if (sku := str(row.value_at("sku"))) != name}
    odd = {sku: row for sku, row in items[Verdict.ODD].items() if sku not in claimed}
    assert {sku: str(row) for sku, row in odd.items() if sku in known} == {}
    assert not_named(world, "item", items[Verdict.ODD], ("sku",)) == {}
    with world.ledger.begin() as connection:
        offers = offered_ship_methods(connection, world.context("preflight").account)
    offered = {(offer.carrier, offer.service) for offer in offers or ()}
    fit = {name for name in shown_carriers if name not in hostile.carriers or name in services[Verdict.SOUND]}
    assert {(name, "A") for name in fit} - offered == set()
    assert not_named(world, "carrier", services[Verdict.ODD], ("name",)) == {}
    ended = {sku: world.state_of(order_id) for order_id, sku in orders.items()}
    assert {sku for sku in ended if sku in sound and ended[sku] != ["ready"]} == set()
    assert {state for states in ended.values() for state in states} == {"ready", "blocked"}


def test_damaged_stock_leaves_the_figures_of_the_store_and_sound_stock_is_written(
    hostile: HostileWarehouse,
) -> None:
    world = hostile.world
    skus = [f"HOSTILE-{number}" for number in range(share(2))]
    products = goods(world, dict.fromkeys(skus, 40))
    world.go(*STOCK_STAGES)
    assert {shown(world, products[sku]) for sku in skus} == {40}
    world.stock(*skus, qty=25)
    hostile.damage("stock", {sku: hostile.stock_row(sku) for sku in touched(skus)})
    with hostile.open():
        counts = world.go(*STOCK_STAGES)["poll_stock"]
    verdicts = by_verdict(hostile.stock, STOCK, FACILITY)
    odd = verdicts[Verdict.ODD]
    sound = {sku for sku in skus if sku not in hostile.stock or sku in verdicts[Verdict.SOUND]}
    assert {sku: str(hostile.stock.get(sku)) for sku in sound if shown(world, products[sku]) != 25} == {}
    assert {sku: str(row) for sku, row in odd.items() if shown(world, products[sku]) != 40} == {}
    assert counts["unreadable"] >= len(odd)
    assert not_named(world, "stock", odd, ("itemIdentifier", "sku")) == {}
    assert world.rows("SELECT * FROM stock_level WHERE available < :least", least=Decimal(-(10**13))) == []
    world.go(*STOCK_STAGES)
    assert {shown(world, products[sku]) for sku in skus} == {25}
    assert world.rows("SELECT * FROM unreadable_row WHERE kind = 'stock'") == []
