"""Translation between Cartage's values and ShipBob's: states, stamps, reasons. Any JSON is an order."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartage.warehouses.contract import RemoteState
from cartage.warehouses.shipbob import ShipBobSettings, translate, wire
from cartage.warehouses.shipbob.wire.stamps import read_instant

SETTINGS = ShipBobSettings(channel_id=1)
NAMES = (
    "id",
    "status",
    "shipments",
    "products",
    "tracking",
    "quantity",
    "recipient",
    "address",
    "inventory_items",
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False)
    | st.text()
    | st.sampled_from(["Completed"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=14,
)


def order(status: str | None, *shipments: str, **fields: Any) -> wire.Order:
    rows = [{"id": number, "status": each} for number, each in enumerate(shipments, start=1)]
    return wire.Order.model_validate(
        {"id": 9, "reference_id": "A", "status": status, "shipments": rows, **fields}
    )


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (order("Processing"), RemoteState.OPEN),
        (order("Fulfilled"), RemoteState.SHIPPED),
        (order("Cancelled"), RemoteState.CANCELLED),
        (order("Processing", "LabeledCreated"), RemoteState.SHIPPED),
        (order("Fulfilled", "Completed", "Completed"), RemoteState.SHIPPED),
        (order("PartiallyFulfilled", "Completed", "Processing"), RemoteState.OPEN),
        (order("PartiallyFulfilled", "Completed", "LabeledCreated"), RemoteState.SHIPPED),
        (order("PartiallyFulfilled", "Completed"), RemoteState.OPEN),
        (order("Fulfilled", "Completed", "Cancelled"), RemoteState.SHIPPED),
        (order("Processing", "Cancelled", "Cancelled"), RemoteState.CANCELLED),
        (order("Cancelled", "Completed", "Cancelled"), RemoteState.SHIPPED),
        (order("Exception", "Exception"), RemoteState.OPEN),
        (order("ImportReview", "ImportReview"), RemoteState.OPEN),
        (order("Processing", "OnHold"), RemoteState.OPEN),
        (order("Processing", "CleanSweeped"), RemoteState.OPEN),
        (order("Processing", "None"), RemoteState.OPEN),
    ],
)
def test_the_state_of_an_order_is_that_of_its_shipments(found: wire.Order, state: RemoteState) -> None:
    assert translate.state_of(found) is state


@given(JSON)
def test_any_json_is_an_order_that_can_be_translated(raw: object) -> None:
    found = wire.read_row(wire.Order, raw).value
    assert translate.remote_order(found).state in RemoteState
    assert translate.shipment(found, {}).key == found.id
    assert translate.rejection(found, SETTINGS) is None or found.reference_id


def test_a_cancelled_order_is_not_rejected_whatever_its_shipments_said() -> None:
    assert translate.rejection(order("Cancelled", "Cancelled"), SETTINGS) is None
    assert translate.rejection(order("Exception", "Exception"), SETTINGS) is None
    assert translate.rejection(order("ImportReview"), SETTINGS) is not None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-11-02T10:00:00Z", datetime(2026, 11, 2, 10, tzinfo=UTC)),
        ("2026-11-02T10:00:00.123-05:00", datetime(2026, 11, 2, 15, 0, 0, 123000, tzinfo=UTC)),
        ("2026-11-02T10:00:00", datetime(2026, 11, 2, 10, tzinfo=UTC)),
        ("0001-01-01T00:00:00", None),
        ("", None),
        (None, None),
    ],
)
def test_stamps_are_read_in_utc(text: str | None, found: datetime | None) -> None:
    assert read_instant(text) == found


@pytest.mark.parametrize("odd", [5, "yesterday", "x" * 100, ["2026-11-02"]])
def test_what_is_no_time_is_a_fault(odd: object) -> None:
    with pytest.raises(ValueError, match=r"time|isoformat"):
        read_instant(odd)
