"""Rows and time stamps of the warehouse: any JSON value is read, and what cannot be is named by its place."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartage.http.lenient import parse_body
from cartage.warehouses.extensiv import wire
from cartage.warehouses.extensiv.wire.stamps import parse_stamp

MODELS = (wire.Order, wire.Item, wire.StockSummary, wire.CarrierEntry, wire.Facility)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    "readOnly",
                    "packages",
                    "orderItems",
                    "qty",
                    "sku",
                    "status",
                    "_embedded",
                    "name",
                    "shipmentServices",
                )
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(MODELS), JSON)
def test_any_json_value_is_a_row(model: Any, raw: object) -> None:
    assert isinstance(wire.read_row(model, raw).value, model)


def test_a_fault_costs_only_its_place_and_is_named_without_its_content() -> None:
    raw = {"referenceNum": "A", "readOnly": {"orderId": 1, "packages": [None, {"packageId": 2}], "status": 9}}
    row = wire.read_row(wire.Order, raw)
    assert row.faults == ("readOnly.packages[]", "readOnly.status")
    assert (row.value.reference_num, [each.package_id for each in row.value.read_only.packages]) == (
        "A",
        ["2"],
    )
    assert row.faults_in(("readOnly.packages",)) == ("readOnly.packages[]",)
    assert row.faults_in(("shipTo",)) == ()


LINE = {"itemIdentifier": {"sku": "MUG"}, "qty": 2}


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ({**LINE, "qty": None}, "item[].qty"),
        ({**LINE, "qty": "NaN"}, "item[].qty"),
        ({**LINE, "qty": -1}, "item[].qty"),
        ({**LINE, "itemIdentifier": {"id": 7}}, "item[].itemIdentifier.sku"),
        ({"qty": 2}, "item[].itemIdentifier"),
        (None, "item[]"),
    ],
)
def test_a_line_that_does_not_say_how_many_of_what_is_a_fault_and_no_line(line: object, place: str) -> None:
    row = wire.read_row(wire.Order, {"_embedded": {"rels/orders/item": [dict(LINE), line]}})
    assert row.faults == (place,)
    assert [each.qty for each in row.value.items] == [2]
    assert row.faults_in(("item[].itemIdentifier", "item[].qty")) == (place,)


@pytest.mark.parametrize(
    ("written", "read"), [("12.0", "12"), ("12", "12"), ("12.5", ""), ("1e400", ""), ("true", "")]
)
def test_a_number_with_nothing_behind_its_point_is_a_whole_number(written: str, read: str) -> None:
    raw = parse_body(f'{{"readOnly": {{"orderId": {written}, "status": 1.0}}}}'.encode())
    row = wire.read_row(wire.Order, raw)
    assert (row.value.read_only.order_id, row.value.read_only.status) == (read, 1)
    assert row.faults == (() if read else ("readOnly.orderId",))


def test_an_odd_field_of_a_line_costs_neither_the_line_nor_another_field() -> None:
    raw = {"_embedded": {"rels/orders/item": [{**LINE, "externalId": [], "readOnly": 5}]}}
    row = wire.read_row(wire.Order, raw)
    assert row.faults == ("item[].externalId", "item[].readOnly")
    assert [(each.item_identifier.sku, int(each.qty)) for each in row.value.items] == [("MUG", 2)]


def test_lists_that_are_not_there_are_empty_and_lists_in_no_object_are_a_fault() -> None:
    assert wire.read_row(wire.Order, {"referenceNum": "A", "_embedded": None}).faults == ()
    row = wire.read_row(wire.Order, {"referenceNum": "A", "_embedded": "none"})
    assert (row.faults, row.value.reference_num) == (("_embedded",), "A")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-01T10:00:00", datetime.fromisoformat("2026-11-01T10:00:00")),
        ("2026-11-01T10:00:00.1234567Z", datetime(2026, 11, 1, 10, 0, 0, 123456, tzinfo=UTC)),
        ("11/01/2026 10:00:00", datetime.fromisoformat("2026-11-01T10:00:00")),
        ("11/1/2026 1:00:00 PM", datetime.fromisoformat("2026-11-01T13:00:00")),
        ("/Date(0)/", datetime(1970, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00", None),
        ("9999-12-31T23:59:59.9999999", None),
        ("", None),
        (None, None),
    ],
)
def test_a_stamp_is_read_in_every_form(written: object, read: datetime | None) -> None:
    assert parse_stamp(written) == read


@given(st.text() | st.integers() | st.booleans() | st.datetimes().map(str))
def test_any_value_is_a_stamp_or_refused(value: object) -> None:
    try:
        found = parse_stamp(value)
    except ValueError:
        return
    assert found is None or 1900 <= found.year < 9000
