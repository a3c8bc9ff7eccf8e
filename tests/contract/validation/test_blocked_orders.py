"""Blocked orders: a cause is new only in the run in which it starts or blocks new orders, and is alerted once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cartage_sandbox.generate import UNMAPPED_METHOD
from tests.contract.warehouses.damaged import damaged_item
from tests.contract.world import World

STAGES = ("import_orders", "validate_mappings", "blocked_orders")


class Receiver:
    """A webhook receiver on this machine; it responds with `status`."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.status = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                receiver.bodies.append(json.dumps(json.loads(body), ensure_ascii=False))
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})


@pytest.fixture
def receiver(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A receiver that the world's lane sends its alerts to."""
    made = Receiver()
    made.thread.start()
    address = {"schema": "http", "host": "127.0.0.1", "port": made.server.server_port, "password": "hook"}
    monkeypatch.setenv("AIRFLOW_CONN_HOOK", json.dumps(address))
    world.settings["alerts"] = {"webhook": {"connection": "hook"}, "resolve_after": "0s"}
    yield made
    made.server.shutdown()
    made.thread.join()
    made.server.server_close()


def blocked(world: World) -> dict[str, int]:
    return world.counts["blocked_orders"]


def test_a_cause_is_new_only_in_the_run_in_which_it_appears(world: World) -> None:
    world.place("unmapped_method", 2)
    world.place("single", 1)
    world.go(*STAGES)
    assert (blocked(world)["causes"], blocked(world)["orders"], blocked(world)["new"]) == (1, 2, 1)
    world.go(*STAGES)
    assert (blocked(world)["causes"], blocked(world)["orders"], blocked(world)["new"]) == (1, 2, 0)


def test_a_known_cause_is_new_again_in_the_run_whose_orders_it_hits(world: World) -> None:
    world.place("unmapped_method")
    world.go(*STAGES)
    world.place("unmapped_method")
    world.go(*STAGES)
    assert blocked(world)["new"] == 1


def test_an_entry_that_is_not_an_order_is_new_once(world: World) -> None:
    world.place("no_object")
    world.go(*STAGES)
    assert blocked(world)["new"] == 1
    world.go(*STAGES)
    assert (blocked(world)["causes"], blocked(world)["new"]) == (1, 0)


def test_clearing_the_task_reads_the_ledger_again(world: World) -> None:
    world.place("unmapped_method")
    world.go(*STAGES, dag_run="orders/run")
    assert blocked(world)["new"] == 1
    world.go("blocked_orders", dag_run="orders/run")
    assert blocked(world)["new"] == 1
    world.settings["ship_methods"].append({"store": UNMAPPED_METHOD, "carrier": "UPS"})
    world.go("validate_mappings")
    world.go("blocked_orders", dag_run="orders/run")
    assert (blocked(world)["causes"], blocked(world)["new"]) == (0, 0)


def test_runs_whose_names_begin_alike_are_different_runs(world: World) -> None:
    world.place("unmapped_method")
    world.go(*STAGES, dag_run="orders/run_1")
    for other in ("orders/run", "orders/run_", "orders/run_10", "orders/run%", "orders/runX1"):
        world.go("blocked_orders", dag_run=other)
        assert blocked(world)["new"] == 0


def test_a_cause_is_alerted_once_and_with_its_fix(world: World, receiver: Receiver) -> None:
    world.place("unmapped_method", 3)
    world.go(*STAGES)
    world.go(*STAGES)
    world.place("unmapped_method")
    world.go(*STAGES)
    [body] = receiver.bodies
    assert f"ship method '{UNMAPPED_METHOD}' has no mapping" in body
    assert "ship_methods of the lane" in " ".join(body.split())


def test_an_alert_about_rows_of_the_warehouse_says_that_no_order_is_blocked(
    world: World, receiver: Receiver
) -> None:
    [order_id] = world.place("single")
    sku = world.shop.store.order(order_id)["OrderItemList"][0]["ItemID"]

    def damage(row: dict[str, object]) -> None:
        row["description"] = row["itemId"] = None
        row["readOnly"] = "none"

    world.stock("SPARE-1", "SPARE-2")
    with damaged_item("SPARE-1", damage), damaged_item("SPARE-2", damage):
        world.go(*STAGES)
    [body] = receiver.bodies
    text = json.loads(body)["text"]
    assert "2 rows unreadable" in text
    assert "everything else continues" in text
    assert "blocked:" not in text
    assert sku not in text
    assert world.state_of(order_id) == ["ready"]


def test_a_cause_that_comes_back_after_it_was_fixed_is_alerted_again(
    world: World, receiver: Receiver
) -> None:
    world.place("unmapped_method")
    world.go(*STAGES)
    rules = world.settings["ship_methods"]
    world.settings["ship_methods"] = [*rules, {"store": UNMAPPED_METHOD, "carrier": "UPS"}]
    world.go(*STAGES)
    world.settings["ship_methods"] = rules
    world.place("unmapped_method")
    world.go(*STAGES)
    alerted = [json.loads(body)["text"].partition(":")[0] for body in receiver.bodies]
    # The first order was not sent yet, so the present rules apply to it.
    assert alerted == ["1 order blocked", "RESOLVED", "2 orders blocked"]


def test_an_alert_that_was_not_delivered_is_sent_by_the_next_run(world: World, receiver: Receiver) -> None:
    world.place("unmapped_method")
    receiver.status = 400
    world.go(*STAGES)
    assert blocked(world)["alerted"] == 0
    receiver.status, receiver.bodies = 200, []
    world.go(*STAGES)
    assert (blocked(world)["alerted"], len(receiver.bodies)) == (1, 1)


def test_an_alert_contains_no_personal_data(world: World, receiver: Receiver) -> None:
    [order_id] = world.place("missing_address")
    world.go(*STAGES)
    shipment = world.shop.store.order(order_id)["ShipmentList"][0]
    [body] = receiver.bodies
    assert world.reference_of(order_id) in body
    for field in ("ShipmentLastName", "ShipmentCity", "ShipmentPhone", "ShipmentEmail"):
        assert not shipment.get(field) or shipment[field] not in body
