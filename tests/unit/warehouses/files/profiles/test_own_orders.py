"""Our own order files are read back where they lie: evidence of their orders, and never a guess."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartage.model.orders import Address, FulfillmentRequest, RequestLine, ShipMethod
from cartage.warehouses.differences import content_differences
from cartage.warehouses.files.profiles.csv_format import CsvFormat
from cartage.warehouses.files.profiles.library import builtin_names, open_profile
from tests.unit.warehouses.files.examples import many_examples
from tests.unit.warehouses.files.profiles.conftest import AT, Profiled

ADDRESS = Address("Ann Lee", "Lee & Co", "12 Harbor Road", "Suite 4", "Rochester", "NY", "14607", "US")
ITEM = "{field: line.sku}, {field: line.quantity}"
ADDRESSED = "{field: ship_to.address1}, {field: ship_to.zip_code}, {field: ship_to.country, values: {US: USA, CA: CAN}}"


def order(reference: str = "A3_31882_0", **changes: object) -> FulfillmentRequest:
    values = {
        "reference": reference,
        "display_number": "AB-1000",
        "ordered_at": None,
        "ship_to": ADDRESS,
        "ship_method": ShipMethod("UPS", "Ground"),
        "lines": (RequestLine(71, "MUG", Decimal(2)), RequestLine(72, "TEA;100", Decimal("1.5"))),
        **changes,
    }
    return FulfillmentRequest(**values)  # type: ignore[arg-type] # a helper of this test


@pytest.mark.parametrize("name", builtin_names())
def test_the_orders_of_every_built_in_profile_are_read_back(name: str) -> None:
    file_format = CsvFormat(open_profile(name))
    whole = order(lines=(RequestLine(71, "MUG", Decimal(2)), RequestLine(72, "TEA", Decimal(1))))
    assert file_format.problems(whole) == []
    requests = [whole, order("A3_2_0B", lines=whole.lines)][: file_format.orders_per_document]
    found = file_format.own_orders(file_format.write(requests, 7, AT).content)
    assert found is not None
    assert [remote.reference for remote in found] == [request.reference for request in requests]
    for request, remote in zip(requests, found, strict=True):
        assert content_differences(request, [remote]) == []


@pytest.mark.parametrize(
    "orders",
    [
        f"columns: [{{field: reference}}, {ITEM}, {ADDRESSED}]",
        f"layout: wide, max_items: 4, columns: [{{field: reference}}, {ADDRESSED}], item_columns: [{ITEM}]",
        f"layout: records, columns: [{{field: reference}}, {ADDRESSED}], item_columns: [{{constant: D}}, {ITEM}]",
    ],
)
@pytest.mark.parametrize(
    "characters",
    [
        "quoting: all, footer: [{constant: END}, {field: file.rows}]",
        "quoting: never, delimiter: tab, decimal_point: ','",
        "encoding: utf-16, delimiter: ';', formulas: apostrophe",
        "byte_order_mark: true, line_end: lf",
    ],
)
def test_the_orders_of_any_layout_are_read_back(profile: Profiled, orders: str, characters: str) -> None:
    text = f"orders: {{header: false, orders_per_file: 3, {characters}, {orders}}}"
    file_format = CsvFormat(profile(text))
    formula = order("A3_3_0", lines=(RequestLine(1, "=MUG", Decimal(1)),))
    requests = [order(), order("A3_2_0"), formula]
    found = file_format.own_orders(file_format.write(requests, 7, AT).content)
    assert found is not None
    assert len(found) == 3
    for request, remote in zip(requests, found, strict=True):
        assert remote.reference == request.reference
        assert content_differences(request, [remote]) == []


def test_a_file_of_another_profile_is_none_of_ours(profile: Profiled) -> None:
    columns = "{field: reference}, {field: line.sku}, {field: line.quantity}"
    own = CsvFormat(profile(f"orders: {{header: false, columns: [{columns}]}}"))
    other = CsvFormat(profile(f"orders: {{header: false, columns: [{columns}, {{field: line.id}}]}}"))
    content = other.write([order()], 7, AT).content
    assert own.own_orders(content) is None
    assert own.own_orders(content[:-2]) is None


def test_a_profile_that_puts_the_sku_into_a_template_reads_nothing(profile: Profiled) -> None:
    columns = "{field: reference}, {template: '{line.sku} x'}, {field: line.quantity}"
    file_format = CsvFormat(profile(f"orders: {{header: false, columns: [{columns}]}}"))
    content = file_format.write([order()], 7, AT + timedelta(seconds=1)).content
    assert file_format.own_orders(content) is None


@many_examples
@given(st.sampled_from(builtin_names()), st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_without_an_error(name: str, content: bytes) -> None:
    found = CsvFormat(open_profile(name)).own_orders(content)
    assert found is None or all(remote.reference == remote.remote_id for remote in found)
