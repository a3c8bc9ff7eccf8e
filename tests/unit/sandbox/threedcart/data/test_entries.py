"""Entries: anything that was seeded is kept, and has a position in lists."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
import pytest

from cartage_sandbox.threedcart.data.entries import Place, entry_of, literal_entry, tracking_codes

_PLACE = Place(1, datetime(2026, 3, 2))  # noqa: DTZ001 - store-local


@pytest.mark.parametrize("order", ["text", 5, None, [], {}, {"OrderStatusID": "x", "OrderDate": 7}])
def test_anything_can_be_an_entry(order: Any) -> None:
    entry = entry_of(9, order, _PLACE)
    assert orjson.loads(entry.body) == order
    assert (entry.status, entry.ordered) == (1, _PLACE.ordered)


def test_an_entry_has_the_values_that_lists_filter_by() -> None:
    entry = entry_of(
        9,
        {
            "OrderStatusID": 4,
            "OrderDate": "2026-01-01T10:00:00",
            "LastUpdate": "2026-01-02T10:00:00",
            "InvoiceNumber": 7,
            "InvoiceNumberPrefix": "AB-",
            "BillingEmail": "Zoe@Example.test",
        },
        _PLACE,
    )
    assert (entry.status, entry.invoice, entry.prefix, entry.email) == (4, 7, "AB-", "zoe@example.test")
    assert (entry.ordered.day, entry.updated.day) == (1, 2)


def test_only_codes_that_exist_are_padded() -> None:
    shipments = [
        {"ShipmentTrackingCode": "1Z"},
        {"ShipmentTrackingCode": ""},
        {"ShipmentTrackingCode": None},
        5,
    ]
    entry = entry_of(9, {"ShipmentList": shipments}, _PLACE)
    padded = orjson.loads(entry.padded)["ShipmentList"]
    assert padded == [{"ShipmentTrackingCode": "1Z".ljust(50)}, *shipments[1:]]
    assert tracking_codes(entry.data()) == ["1Z", "", ""]
    bare = entry_of(9, {"ShipmentList": shipments[1:]}, _PLACE)
    assert bare.padded is bare.body


def test_integers_beyond_64_bits_are_kept() -> None:
    assert entry_of(9, {"CustomerID": 2**80}, _PLACE).body == b'{"CustomerID": 1208925819614629174706176}'


def test_a_literal_keeps_its_bytes() -> None:
    entry = literal_entry(9, b"{broken", _PLACE)
    assert entry.body == b"{broken"
    with pytest.raises(ValueError, match=r"JSON|expected|unexpected"):
        entry.data()
