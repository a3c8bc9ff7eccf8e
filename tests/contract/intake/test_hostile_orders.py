"""Malformed orders crash no stage: each one is sent, blocked or skipped, with its reason.

`CARTAGE_HOSTILE` sets how many are tried (default 300), `CARTAGE_HOSTILE_SEED` the first seed (default 1).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cartage_sandbox.generate import HEALTHY_MIX
from tests.contract.conftest import MakeWorld
from tests.contract.intake.hostile_payloads import Payload, hostile
from tests.contract.intake.hostile_store import HostileStore
from tests.contract.world import ORDERS_STAGES, World

_MANY = int(os.environ.get("CARTAGE_HOSTILE", "300"))
_SEED = int(os.environ.get("CARTAGE_HOSTILE_SEED", "1"))
_FIRST_ID = 100_000
# The fields that are read. If one cannot be read, a problem of its order names it.
_READ = frozenset(
    {
        *("BillingEmail", "BillingPhoneNumber", "InvoiceNumber", "InvoiceNumberPrefix", "OrderAmount"),
        *("OrderDate", "LastUpdate", "CustomerComments", "InternalComments", "ExternalComments"),
        *(
            f"OrderItemList[].Item{name}"
            for name in ("IndexID", "ShipmentID", "Quantity", "Description", "ID")
        ),
        *(
            f"OrderItemList[].Item{name}"
            for name in ("UnitPrice", "OptionPrice", "CatalogIDOptions", "Weight")
        ),
        *(
            f"ShipmentList[].Shipment{name}"
            for name in ("ID", "MethodName", "FirstName", "LastName", "Company")
        ),
        *(f"ShipmentList[].Shipment{name}" for name in ("Address", "Address2", "City", "State", "ZipCode")),
        *(f"ShipmentList[].Shipment{name}" for name in ("Country", "Phone", "Email", "TrackingCode")),
    }
)
_LINES = """
    SELECT s.order_id, f.state, f.reason, s.document -> 'problems' AS problems,
           (SELECT json_agg(json_build_object('kind', c.kind, 'subject', c.subject, 'message', c.message))
            FROM cause c WHERE c.id = ANY(f.cause_ids) AND c.closed_at IS NULL) AS causes
    FROM sales_order s JOIN fulfillment_order f ON f.sales_order_id = s.id
"""


@pytest.fixture
def hostile_lane(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[World, list[Payload]]]:
    world = make_world(schedules={"sweep_every": "1s", "watch_every": "30d"})
    now = datetime.now(UTC)
    placed = world.shop.fill(12, start=now - timedelta(hours=2), end=now, mix=HEALTHY_MIX)
    genuine = [world.shop.store.order(id_) for ids in placed.values() for id_ in ids]
    payloads = hostile(_SEED, _MANY, genuine, first_id=_FIRST_ID)
    name, value = next(item for item in world.shop.connections().items() if "threedcart" in item[1])
    with HostileStore((payload.order_id, payload.raw) for payload in payloads) as store:
        here = {"host": "127.0.0.1", "port": store.server_port, "schema": "http"}
        monkeypatch.setenv(name, json.dumps(json.loads(value) | here))
        yield world, payloads


def test_hostile_orders_crash_no_stage_and_each_ends_sent_blocked_or_skipped_with_its_cause(
    hostile_lane: tuple[World, list[Payload]],
) -> None:
    world, payloads = hostile_lane
    counts = world.go(*ORDERS_STAGES[:2], "blocked_orders", *ORDERS_STAGES[2:])
    assert counts["import_orders"]["seen"] == len(payloads)
    found: dict[int, list[Any]] = {}
    for row in world.rows(_LINES):
        found.setdefault(row.order_id, []).append(row)
    wrong = {
        payload.order_id: (fault, payload.done) for payload in payloads if (fault := _fault(payload, found))
    }
    assert wrong == {}
    assert counts["mark_processing"]["posted"] > 0
    assert {payload.order_id for payload in payloads} >= found.keys()
    nameless = [payload for payload in payloads if payload.order_id is None]
    assert nameless
    assert counts["import_orders"]["unreadable"] == len(nameless)
    causes = world.rows("SELECT c.subject FROM unreadable_order u JOIN cause c ON c.id = u.cause_id")
    assert {row.subject for row in causes} == {"entry", "OrderID"}


def test_the_same_seed_makes_the_same_payloads() -> None:
    genuine = [{"OrderItemList": [{"ItemID": "A"}], "ShipmentList": [{"ShipmentID": 0}]}]
    assert hostile(3, 50, genuine, first_id=1) == hostile(3, 50, genuine, first_id=1)
    assert hostile(3, 50, genuine, first_id=1) != hostile(4, 50, genuine, first_id=1)


def _fault(payload: Payload, found: dict[int, list[Any]]) -> str:
    """Return what is wrong with the outcome of a payload; empty if nothing is."""
    if payload.order_id is None:
        return ""
    groups = found.get(payload.order_id, [])
    if not groups:
        # An order that now has another readable status is not the lane's.
        return "" if any(what.startswith("OrderStatusID") for what in payload.done) else "it is nowhere"
    for group in groups:
        if group.state not in ("acknowledged", "blocked", "skipped"):
            return f"it is {group.state}"
        if group.state == "skipped" and not group.reason:
            return "it is skipped without a reason"
        if group.state == "blocked" and not all(_says_why(cause) for cause in group.causes or [{}]):
            return "it is blocked without a cause that says why"
    subjects = {problem["subject"] for problem in groups[0].problems}
    # A line or shipment without a number is not read any further: that is named instead of its other faults.
    damaged = payload.unreadable & _READ
    named = subjects & (damaged | {"OrderItemList[].ItemIndexID", "ShipmentList[].ShipmentID"})
    return f"no problem names one of {sorted(damaged)}" if damaged and not named else ""


def _says_why(cause: dict[str, str]) -> bool:
    """Return whether the cause says in words what is wrong."""
    return bool(cause.get("kind") and cause.get("message"))
