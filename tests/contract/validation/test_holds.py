"""Holds: an order waits for a person, and continues by itself once it is released or its time is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from cartage.errors import LedgerError
from cartage.lifecycle.transitions import By
from cartage.validation.repo import holds
from cartage.validation.repo.customers import LOOKED_AT
from cartage.validation.views import OpenHold, open_holds
from tests.contract.conftest import MakeWorld
from tests.contract.world import ORDERS_STAGES, World, store_time

ANN = By("ann", "desk/1")
BIG = {"name": "big", "reason": "a big order", "owner": "ann", "value_over": 0}
LATER = {"name": "later", "reason": "time to think", "grace": "3d"}


def standing(world: World) -> list[OpenHold]:
    with world.ledger.begin() as connection:
        return open_holds(connection, "demo")


def release(world: World, *ids: int, rule: str | None = None) -> int:
    with world.ledger.begin() as connection:
        return holds.release_holds(connection, "demo", ANN, ids=ids or None, rule=rule)


def hold(world: World, order_id: int, reason: str = "the buyer called") -> None:
    with world.ledger.begin() as connection:
        reference = world.reference_of(order_id)
        holds.hold_order(
            connection, "demo", reference, reason=reason, owner="ann", lasting=timedelta(days=1), by=ANN
        )


def let_time_pass(world: World) -> None:
    world.execute("UPDATE hold SET until = clock_timestamp() - interval '1 s'")


def states(world: World, orders: Sequence[int]) -> set[str]:
    return {world.state_of(order)[0] for order in orders}


def test_a_rule_holds_an_order_that_can_be_sent_and_its_release_sends_it(make_world: MakeWorld) -> None:
    world = make_world(holds=[BIG])
    orders = world.place("single", 3)
    [blocked] = world.place("unmapped_method")
    assert world.go(*ORDERS_STAGES)["validate_mappings"]["held"] == 3
    assert states(world, orders) == {"held"}
    assert world.state_of(blocked) == ["blocked"]
    assert [(found.reason, found.owner, found.rule) for found in standing(world)] == [
        ("a big order", "ann", "big")
    ] * 3
    # First a single hold, then all holds of a rule.
    assert release(world, standing(world)[0].id) == 1
    world.go(*ORDERS_STAGES)
    assert [world.state_of(order)[0] for order in orders] == ["acknowledged", "held", "held"]
    assert release(world, rule="big") == 2
    world.go(*ORDERS_STAGES)
    assert states(world, orders) == {"acknowledged"}
    whys = world.rows("SELECT actor FROM event WHERE kind = 'hold_released'")
    assert [row.actor for row in whys] == ["ann"] * 3


def test_a_hold_whose_time_is_over_is_released_by_the_next_validation(make_world: MakeWorld) -> None:
    world = make_world(holds=[LATER, {**LATER, "name": "short", "grace": "1s"}])
    [order_id] = world.place("single")
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["held"]
    assert [found.rule for found in standing(world)] == ["later"]
    let_time_pass(world)
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["acknowledged"]


def test_a_held_order_that_the_store_changes_stays_held(make_world: MakeWorld) -> None:
    world = make_world(holds=[BIG])
    [order_id] = world.place("single")
    world.go(*ORDERS_STAGES)
    world.amend(order_id, shipment={"ShipmentAddress": "12 Harbor Road"})
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["held"]
    assert len(standing(world)) == 1
    # A released order is not held again by the same rule.
    release(world)
    world.amend(order_id, shipment={"ShipmentAddress": "13 Harbor Road"})
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["acknowledged"]


def test_a_new_hold_rule_holds_orders_that_are_ready(make_world: MakeWorld) -> None:
    world = make_world()
    [order_id] = world.place("single")
    world.go(*ORDERS_STAGES[:2])
    assert world.state_of(order_id) == ["ready"]
    world.settings["holds"] = [BIG]
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["held"]


def test_a_person_holds_an_unsent_order_and_it_waits_for_every_hold(make_world: MakeWorld) -> None:
    world = make_world(holds=[BIG])
    ready, blocked = *world.place("single"), *world.place("unmapped_method")
    world.go(*ORDERS_STAGES)
    hold(world, ready)
    hold(world, blocked)
    assert states(world, [ready, blocked]) == {"held"}
    world.go(*ORDERS_STAGES)
    [rules, _, _] = standing(world)
    release(world, rules.id)
    world.go(*ORDERS_STAGES)
    assert world.state_of(ready) == ["held"]
    release(world)
    world.go(*ORDERS_STAGES)
    assert [world.state_of(order) for order in (ready, blocked)] == [["acknowledged"], ["blocked"]]
    with pytest.raises(LedgerError, match="only an order that was not sent"):
        hold(world, ready)
    with world.ledger.begin() as connection, pytest.raises(LedgerError, match="has no order"):
        holds.hold_order(
            connection, "demo", "A3K_1_0", reason="x", owner="", lasting=timedelta(days=1), by=ANN
        )


def test_a_hold_needs_a_reason(world: World) -> None:
    [order_id] = world.place("single")
    world.go(*ORDERS_STAGES[:1])
    with pytest.raises(IntegrityError, match="reason"):
        hold(world, order_id, reason="")


def test_the_first_order_of_a_customer_is_known_by_the_e_mail_address(make_world: MakeWorld) -> None:
    world = make_world(holds=[{"name": "new", "reason": "a new customer", "first_order": True}])
    first, second = place_alike(world, minutes=(600, 60), sku=("SAMPLE-1", "SAMPLE-1"))
    world.go(*ORDERS_STAGES)
    assert [world.state_of(order) for order in (first, second)] == [["held"], ["acknowledged"]]


def place_alike(world: World, *, minutes: Sequence[float], sku: Sequence[str]) -> list[int]:
    """Place orders of the same customer to the same address, this many minutes ago, each with a line of these SKUs."""
    world.stock(*sku)
    [made] = world.place("single")
    sample = world.shop.store.order(made)
    world.shop.store.edit(made, OrderStatusID=5)
    ids: list[int] = []
    for ago, code in zip(minutes, sku, strict=True):
        at = datetime.now(UTC) - timedelta(minutes=ago)
        line = {**sample["OrderItemList"][0], "ItemID": code}
        fields: dict[str, Any] = {
            "BillingEmail": "zoe@example.com" if not ids else "ZOE@example.com",
            "ShipmentList": sample["ShipmentList"],
            "OrderItemList": [line],
        }
        ids.append(world.place_at(at, **fields))
    return ids


@pytest.mark.parametrize(
    ("then", "ends"),
    [("hold", ["acknowledged", "held"]), ("warn", ["acknowledged"] * 2), ("ignore", ["acknowledged"] * 2)],
)
def test_a_possible_duplicate_is_held_or_reported_as_the_lane_says(
    make_world: MakeWorld, caplog: pytest.LogCaptureFixture, then: str, ends: list[str]
) -> None:
    world = make_world(checks={"duplicates": {"action": then}})
    orders = place_alike(world, minutes=(60, 55), sku=("MUG", "MUG"))
    world.go(*ORDERS_STAGES)
    assert [world.state_of(order)[0] for order in orders] == ends
    assert ("1 possible duplicate, such as order" in caplog.text) is (then == "warn")
    if then == "hold":
        release(world)
        world.go(*ORDERS_STAGES)
        assert states(world, orders) == {"acknowledged"}


@pytest.mark.parametrize(
    ("minutes", "sku"), [((60, 40), ("MUG", "MUG")), ((60, 55), ("MUG", "CUP"))], ids=["later", "other lines"]
)
def test_different_orders_of_a_customer_are_not_duplicates(
    make_world: MakeWorld, minutes: tuple[int, int], sku: tuple[str, str]
) -> None:
    world = make_world(checks={"duplicates": {"action": "hold"}})
    orders = place_alike(world, minutes=minutes, sku=sku)
    world.go(*ORDERS_STAGES)
    assert states(world, orders) == {"acknowledged"}


CARD_TESTS = 2000


@pytest.mark.parametrize("then", ["hold", "warn"])
def test_thousands_of_alike_orders_within_minutes_are_each_named_with_one_earlier_order(
    make_world: MakeWorld, caplog: pytest.LogCaptureFixture, then: str
) -> None:
    """Someone who tries stolen cards leaves orders of one customer, address and lines."""
    world = make_world(checks={"duplicates": {"action": then}})
    orders = place_card_tests(world)
    world.go("import_orders")
    counts = world.go("validate_mappings")["validate_mappings"]
    held, ready = (CARD_TESTS - 1, 1) if then == "hold" else (0, CARD_TESTS)
    assert (counts["held"], counts["ready"]) == (held, ready)
    named = world.rows(
        "SELECT f.order_id, e.why FROM event e JOIN fulfillment_order f ON f.id = e.fulfillment_order_id"
        " WHERE e.why LIKE '%looks like order%' ORDER BY f.order_id"
    )
    numbers = {
        row.order_id: row.number for row in world.rows("SELECT order_id, invoice AS number FROM sales_order")
    }
    assert [(row.order_id, row.why) for row in named] == [
        (order_id, f"looks like order {numbers[before]} of the same customer: same lines, same address")
        for before, order_id in pairwise(orders)
    ]
    warned = [record for record in caplog.records if "possible duplicate" in record.message]
    assert len(warned) == (0 if then == "hold" else CARD_TESTS // 500), "one line for each batch"


def place_card_tests(world: World) -> list[int]:
    world.stock("SAMPLE-1")
    start = datetime.now(UTC) - timedelta(hours=1)
    stamps = [store_time(start + number * timedelta(minutes=10) / CARD_TESTS) for number in range(CARD_TESTS)]
    return world.shop.store.place([{"OrderDate": stamp, "LastUpdate": stamp} for stamp in stamps])


def test_only_the_latest_alike_orders_are_looked_at(make_world: MakeWorld) -> None:
    """Dates that a person edited may hide an earlier order behind later ones; the search stays bounded all the same."""
    world = make_world(checks={"duplicates": {"action": "hold"}})
    minutes = [60.0, *range(2000, 2000 + 20 * LOOKED_AT, 20), 59.0]
    orders = place_alike(world, minutes=minutes[:2] + minutes[-1:], sku=["MUG"] * 3)
    world.go(*ORDERS_STAGES[:2])
    assert [world.state_of(order)[0] for order in orders] == ["ready", "ready", "held"]
    beyond = place_alike(world, minutes=[600, *minutes[1:-1], 599], sku=["CUP"] * len(minutes))
    world.go(*ORDERS_STAGES[:2])
    assert states(world, beyond) == {"ready"}
