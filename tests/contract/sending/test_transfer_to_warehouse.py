"""Transfer: each order is at the warehouse at most once; no fault loses an order, no bad order stops another."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from cartage.dispatch import stage
from cartage.errors import AuthFailed, NotSent
from cartage.model.documents import request_from
from cartage.model.orders import FulfillmentRequest
from tests.contract.conftest import MakeWorld
from tests.contract.world import World, at_once

BEFORE = ("import_orders", "validate_mappings")
POST_ORDERS = "POST .*/orders$"


def transfer(world: World) -> dict[str, int]:
    return world.send()


def ready(world: World, kind: str = "single", count: int = 1) -> list[int]:
    ids = world.place(kind, count)
    world.go(*BEFORE)
    assert world.states() == {"ready": count}
    return ids


def requests_of(world: World) -> list[FulfillmentRequest]:
    return [
        request_from(row.request) for row in world.rows("SELECT request FROM fulfillment_order ORDER BY id")
    ]


def submit(world: World, request: FulfillmentRequest) -> None:
    """Send a request without the ledger's knowledge."""
    context = world.context("transfer_to_warehouse")
    context.warehouse.submit(request)
    context.close()


def outcomes(world: World) -> list[str]:
    return [row.outcome for row in world.rows("SELECT outcome FROM transfer ORDER BY id")]


def test_every_ready_order_is_at_the_warehouse_once(world: World) -> None:
    ready(world, count=30)
    assert transfer(world)["acknowledged"] == 30
    assert transfer(world)["sent"] == 0
    assert sorted(world.references().values()) == [1] * 30
    assert world.states() == {"acknowledged": 30}
    assert outcomes(world) == ["created"] * 30


def test_the_warehouse_has_what_the_store_sold(world: World) -> None:
    [order_id] = ready(world, "multi_line")
    transfer(world)
    [there] = list(world.shop.warehouse.state.book)
    order = world.shop.store.order(order_id)
    sold = {line["ItemID"]: Decimal(str(line["ItemQuantity"])) for line in order["OrderItemList"]}
    assert {line.item.sku: line.qty for line in there.lines} == sold
    assert there.document["shipTo"]["zip"] == order["ShipmentList"][0]["ShipmentZipCode"].strip()
    assert there.document["poNum"] == f"{order['InvoiceNumberPrefix']}{order['InvoiceNumber']}"
    [row] = world.rows("SELECT remote_id, remote_etag FROM fulfillment_order")
    assert (row.remote_id, row.remote_etag) == (str(there.order_id), there.etag)


def test_two_transfers_at_once_send_each_reference_once(world: World) -> None:
    ready(world, count=40)
    contexts = [world.context("transfer_to_warehouse") for _ in range(3)]
    _ = contexts[0].store_row
    counts = at_once(
        *[lambda context=context: stage("transfer_to_warehouse")(context) for context in contexts]
    )
    assert sum(count["acknowledged"] for count in counts) == 40
    assert sorted(world.references().values()) == [1] * 40


def test_a_repeated_reference_with_the_same_content_is_acknowledged(world: World) -> None:
    ready(world)
    submit(world, requests_of(world)[0])
    assert transfer(world)["acknowledged"] == 1
    assert list(world.references().values()) == [1]
    assert outcomes(world) == ["already_exists"]


def test_a_reference_with_other_content_is_a_conflict(world: World) -> None:
    ready(world)
    [request] = requests_of(world)
    submit(world, replace(request, lines=(replace(request.lines[0], quantity=Decimal(99)),)))
    counts = transfer(world)
    assert (counts["conflict"], world.states()) == (1, {"conflict": 1})
    assert list(world.references().values()) == [1]
    assert (
        "1.0 ordered, 99.0 at the warehouse" in world.rows("SELECT reason FROM fulfillment_order")[0].reason
    )


def test_a_refusal_blocks_its_order_with_its_cause_and_the_others_go_on(make_world: MakeWorld) -> None:
    world = make_world(warehouse_rules={"max_length_city": 20})
    good = world.place("single", 3)
    [bad] = world.place("single")
    for order_id in good:
        world.amend(order_id, shipment={"ShipmentCity": "Rochester"})
    world.amend(bad, shipment={"ShipmentCity": "Llanfairpwllgwyngyllgogerych"})
    world.go(*BEFORE)
    counts = transfer(world)
    assert (counts["acknowledged"], counts["blocked"]) == (3, 1)
    assert world.state_of(bad) == ["blocked"]
    assert world.causes() == {"refused_by_warehouse": 1}
    assert "Llanfair" not in world.seen().causes[0].message


def test_a_refused_order_is_sent_again_once_it_was_changed_and_not_before(make_world: MakeWorld) -> None:
    world = make_world(warehouse_rules={"max_length_city": 20})
    [bad] = world.place("single")
    world.amend(bad, shipment={"ShipmentCity": "Llanfairpwllgwyngyllgogerych"})
    world.go(*BEFORE)
    transfer(world)
    world.go(*BEFORE)
    assert transfer(world)["sent"] == 0
    world.amend(bad, shipment={"ShipmentCity": "Llanfair"})
    world.go(*BEFORE)
    assert transfer(world)["acknowledged"] == 1
    assert world.causes() == {}


def test_an_item_that_vanished_at_the_warehouse_blocks_until_it_is_back(world: World) -> None:
    [order_id] = ready(world)
    sku = world.shop.store.order(order_id)["OrderItemList"][0]["ItemID"]
    items = world.shop.warehouse.state.catalogue._items
    gone = items.pop((12, sku.casefold()))
    assert transfer(world)["blocked"] == 1
    assert world.causes() == {"unknown_sku": 1}
    world.go(*BEFORE)
    assert transfer(world)["sent"] == 0
    items[12, sku.casefold()] = gone
    world.go(*BEFORE)
    assert transfer(world)["acknowledged"] == 1


def test_a_warehouse_that_is_down_fails_the_task_and_every_order_stays_ready(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(world, count=12)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = json.loads(world.shop.connections()["AIRFLOW_CONN_EXTENSIV_DEMO"]) | {
            "port": closed.getsockname()[1]
        }
        monkeypatch.setenv("AIRFLOW_CONN_EXTENSIV_DEMO", json.dumps(address))
        with pytest.raises(NotSent):
            transfer(world)
    assert world.states() == {"ready": 12}
    assert set(outcomes(world)) <= {"not_sent"}
    monkeypatch.setenv("AIRFLOW_CONN_EXTENSIV_DEMO", world.shop.connections()["AIRFLOW_CONN_EXTENSIV_DEMO"])
    assert transfer(world)["acknowledged"] == 12
    assert sorted(world.references().values()) == [1] * 12


def test_wrong_credentials_fail_the_task_and_every_order_stays_ready(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(world, count=3)
    wrong = json.loads(world.shop.connections()["AIRFLOW_CONN_EXTENSIV_DEMO"]) | {"password": "wrong-secret"}
    monkeypatch.setenv("AIRFLOW_CONN_EXTENSIV_DEMO", json.dumps(wrong))
    with pytest.raises(AuthFailed) as caught:
        transfer(world)
    assert "wrong-secret" not in str(caught.value)
    assert world.states() == {"ready": 3}
    assert world.references() == {}


def test_a_system_error_stops_the_remaining_orders_before_they_are_sent(world: World) -> None:
    world.settings["limits"]["threads"] = 2
    ready(world, count=30)
    world.warehouse_fault(POST_ORDERS, "status", nth=0, status=401)
    with pytest.raises(AuthFailed):
        transfer(world)
    calls = [
        entry
        for entry in world.shop.warehouse.journal.entries("request")
        if entry["path"].endswith("/orders")
    ]
    assert (
        len([call for call in calls if call["method"] == "POST"]) <= 8
    )  # two threads, a repeat after a fresh token each
    assert world.states() == {"ready": 30}


def test_a_claim_with_too_little_time_left_sends_nothing(world: World) -> None:
    ready(world)
    soon = "NEW.lease_until := clock_timestamp() + interval '1 s'"
    with world.trigger("fulfillment_order", "NEW.state = 'sending'", soon):
        counts = transfer(world)
    assert (counts["sent"], world.references(), world.states()) == (0, {}, {"sending": 1})
    world.wait_out()
    assert transfer(world)["acknowledged"] == 1
    assert list(world.references().values()) == [1]


def test_a_ledger_failure_just_before_dispatch_sends_nothing_and_is_settled(world: World) -> None:
    ready(world)
    leaving = "OLD.sent_at IS DISTINCT FROM NEW.sent_at"
    with world.trigger("transfer", leaving, "RAISE 'disk full'"), pytest.raises(Exception, match="disk full"):
        transfer(world)
    assert world.references() == {}
    world.wait_out()
    transfer(world)
    assert world.states() == {"acknowledged": 1}
    assert list(world.references().values()) == [1]


def test_a_run_that_was_told_to_stop_sends_nothing(world: World) -> None:
    ready(world, count=3)
    context = world.context("transfer_to_warehouse")
    context.stop.set()
    counts = stage("transfer_to_warehouse")(context)
    context.close()
    assert (counts["sent"], world.references()) == (0, {})
    assert world.states() == {"ready": 3}


def test_an_order_with_a_requested_cancel_is_not_sent(world: World) -> None:
    ready(world)
    world.execute("UPDATE fulfillment_order SET cancel_wanted_at = clock_timestamp()")
    assert transfer(world)["sent"] == 0
    assert world.references() == {}


def test_the_intent_is_committed_before_the_request_leaves(world: World) -> None:
    ready(world)
    seen: list[tuple[str, object]] = []
    create = world.shop.warehouse.desk.create

    def watched(posted: object) -> object:
        [row] = world.rows(
            "SELECT f.state, t.sent_at"
            " FROM fulfillment_order f JOIN transfer t ON t.fulfillment_order_id = f.id"
        )
        seen.append((row.state, row.sent_at))
        return create(posted)

    world.shop.warehouse.desk.create = watched  # type: ignore[assignment]
    transfer(world)
    [(state, sent_at)] = seen
    assert state == "sending"
    assert sent_at is not None


def test_a_lane_s_visibility_delay_is_waited_out(make_world: MakeWorld) -> None:
    world = make_world(warehouse={"visibility_delay": "30m"})
    ready(world)
    world.warehouse_fault(POST_ORDERS, "reset", "after")
    transfer(world)
    [row] = world.rows("SELECT settle_after - sent_at AS wait FROM transfer")
    assert row.wait >= timedelta(minutes=30)
