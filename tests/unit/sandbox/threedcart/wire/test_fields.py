"""Partial updates: which values are stored, and which are refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from cartage_sandbox.kernel.rules import Rules
from cartage_sandbox.threedcart.rules import RULES
from cartage_sandbox.threedcart.wire.fields import (
    ADVANCED_OPTION,
    ITEM,
    ORDER,
    SHIPMENT,
    SKU_INFO,
    FieldError,
    checked,
)


def test_kinds_are_stored_as_the_api_shows_them() -> None:
    kept = checked({"ItemQuantity": "2", "ItemShipmentID": 3.0, "ItemID": 7}, ITEM, Rules(RULES))
    assert kept == {"ItemQuantity": 2.0, "ItemShipmentID": 3, "ItemID": "7"}
    assert checked({"OnSale": True, "Stock": 4}, SKU_INFO, Rules(RULES)) == {"OnSale": True, "Stock": 4.0}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("AdvancedOptionStock", 1.5),
        ("AdvancedOptionStock", "many"),
        ("AdvancedOptionStock", True),
        ("AdvancedOptionStock", float("inf")),
        ("AdvancedOptionCost", False),
        ("AdvancedOptionName", ["x"]),
        ("AdvancedOptionSufix", "x" * 51),
    ],
)
def test_a_wrong_value_is_refused_with_the_fields_name(field: str, value: Any) -> None:
    with pytest.raises(FieldError, match=field):
        checked({field: value}, ADVANCED_OPTION, Rules(RULES))


def test_on_sale_accepts_no_text() -> None:
    with pytest.raises(FieldError, match="OnSale"):
        checked({"OnSale": "yes"}, SKU_INFO, Rules(RULES))


@pytest.mark.parametrize(
    "name", ["OrderID", "LastUpdate", "UserID", "OrderAmount", "CardNumber", "ShipmentList"]
)
def test_keys_that_clients_may_not_write_are_left_out(name: str) -> None:
    assert checked({name: "x"}, ORDER, Rules(RULES)) == {}


def test_method_names_on_the_wire_stay_within_the_charset() -> None:
    for name in ("USPS - Priority Mail", "Free Shipping (USPS Priority 2-3 business days)", "U.P.S. 2"):
        assert checked({"ShipmentMethodName": name}, SHIPMENT, Rules(RULES)) == {"ShipmentMethodName": name}
