"""GET /OrderStatus (section 5): fixed ids and names, labels that the merchant changes."""

from __future__ import annotations

from tests.contract.sandbox.threedcart.shop import Shop


def test_there_are_nineteen_statuses_with_the_documented_names(shop: Shop) -> None:
    rows = {each["OrderStatusID"]: each for each in shop.get("OrderStatus", limit=500).json()}
    assert len(rows) == 19
    names = {number: rows[number]["StatusDefinition"] for number in (1, 2, 3, 4, 5, 6, 7, 11, 13, 19)}
    assert names == {
        1: "New", 2: "Processing", 3: "Partial", 4: "Shipped", 5: "Cancel", 6: "Hold", 7: "Not Completed",
        11: "Unpaid", 13: "Review", 19: "Custom 8",
    }  # fmt: skip
    assert rows[2]["StatusText"] == "In Process"


def test_the_default_is_ten_rows_as_in_every_list(shop: Shop) -> None:
    assert len(shop.get("OrderStatus").json()) == 10
    assert shop.get("OrderStatus", countonly=1).json() == {"TotalCount": 19}


def test_a_single_status_is_an_array_with_one_object(shop: Shop) -> None:
    assert shop.get("OrderStatus/2").json()[0]["OrderStatusID"] == 2
    assert shop.get("OrderStatus/99").status_code == 404


def test_a_merchant_relabels_and_hides_a_status(shop: Shop) -> None:
    shop.control("POST", "statuses/8", {"text": "To the depot", "visible": False})
    row = shop.get("OrderStatus/8").json()[0]
    assert (row["StatusDefinition"], row["StatusText"], row["Visible"]) == ("Custom 1", "To the depot", False)
