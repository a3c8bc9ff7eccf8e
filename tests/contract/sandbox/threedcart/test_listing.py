"""Listing (sections 3.2 and 12): limit, offset, countonly, the end of data, $select and $orderby."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.contract.sandbox.threedcart.shop import Shop, orders

OpenShop = Callable[..., Shop]


def test_the_default_is_the_first_ten_rows_ascending(shop: Shop) -> None:
    shop.emulator.place([{"OrderID": each} for each in (900, 40, 77, *range(101, 110))])
    assert shop.ids() == [40, 77, 101, 102, 103, 104, 105, 106, 107, 108]


def test_the_offset_is_the_position_of_the_first_row(shop: Shop) -> None:
    shop.emulator.place(orders(7))
    pages = [shop.ids(limit=3, offset=offset) for offset in (1, 4, 7)]
    assert pages == [[30001, 30002, 30003], [30004, 30005, 30006], [30007]]


def test_offset_zero_is_offset_one(shop: Shop) -> None:
    shop.emulator.place(orders(4))
    assert shop.ids(limit=2, offset=0) == shop.ids(limit=2, offset=1)


def test_a_limit_is_capped_at_300_silently_or_refused(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.emulator.place(orders(320))
    assert len(shop.ids(limit=1000)) == 300
    shop.set_rules(limit_over_max="reject")
    assert shop.get("Orders", limit=1000).status_code == 400
    assert len(shop.ids(limit=300)) == 300


@pytest.mark.parametrize("query", [{"limit": "abc"}, {"offset": "x"}, {"limit": 0}, {"offset": -1}])
def test_a_limit_or_offset_that_is_not_a_number_is_400(shop: Shop, query: dict[str, str]) -> None:
    shop.emulator.place(orders(1))
    assert shop.get("Orders", **query).status_code == 400


def test_countonly_returns_an_object(shop: Shop) -> None:
    shop.emulator.place([*orders(3), {"OrderStatusID": 2}])
    assert shop.get("Orders", countonly=1).json() == {"TotalCount": 4}
    assert shop.get("Orders", countonly=1, orderstatus=1).json() == {"TotalCount": 3}


def test_a_count_of_nothing_is_zero_and_not_404(shop: Shop) -> None:
    response = shop.get("Orders", countonly=1)
    assert (response.status_code, response.json()) == (200, {"TotalCount": 0})


def test_nothing_found_is_404_with_or_without_a_body(open_shop: OpenShop) -> None:
    empty = open_shop().get("Orders", orderstatus=1)
    assert (empty.status_code, empty.content) == (404, b"")
    response = open_shop(not_found_body="result").get("Orders", orderstatus=1)
    assert (response.status_code, response.json()[0]["Key"]) == (404, "Error")


@pytest.mark.parametrize("body_of_400", ["result", "empty"])
def test_past_the_end_is_400_with_the_exact_text(open_shop: OpenShop, body_of_400: str) -> None:
    shop = open_shop(bad_request_body=body_of_400)
    shop.emulator.place(orders(3))
    response = shop.get("Orders", limit=3, offset=4)
    assert response.status_code == 400
    assert response.json() == [
        {
            "Key": "Error",
            "Value": "",
            "Status": "400",
            "Message": "Offset amount exceeds the total number of records",
        }
    ]


def test_the_body_of_any_other_400_may_be_empty(open_shop: OpenShop) -> None:
    assert open_shop(bad_request_body="empty").get("Orders", limit="x").content == b""


def test_abandoned_carts_are_in_every_unfiltered_list(shop: Shop) -> None:
    shop.emulator.place([{"OrderStatusID": 7}, {"OrderStatusID": 1}])
    assert shop.ids() == [30001, 30002]
    assert shop.ids(orderstatus=7) == [30001]


def test_a_single_get_is_an_array_with_one_object(shop: Shop) -> None:
    shop.emulator.place(orders(1))
    assert [each["OrderID"] for each in shop.get("Orders/30001").json()] == [30001]
    assert shop.get("Orders/30002").status_code == 404
    assert shop.get("Orders/abc").status_code == 400


def test_the_order_id_parameter_finds_one_order(shop: Shop) -> None:
    shop.emulator.place(orders(3))
    assert shop.ids(OrderId=30002) == [30002]
    assert shop.get("Orders", orderid=99).status_code == 404


def test_invoice_and_email_filter_the_list(shop: Shop) -> None:
    shop.emulator.place(
        [
            {"InvoiceNumber": 5, "BillingEmail": "a@example.test"},
            {"InvoiceNumber": 6, "InvoiceNumberPrefix": "ZZ-"},
            {"InvoiceNumber": 7},
        ]
    )
    assert shop.ids(invoicenumber=6) == [30002]
    assert shop.ids(invoicenumberstart=6, invoicenumberend=7) == [30002, 30003]
    assert shop.ids(invoicenumberstart=7) == [30003]
    assert shop.ids(invoiceprefix="ZZ-") == [30002]
    assert shop.ids(billingemail="A@example.test") == [30001]


def test_several_statuses_at_once_are_a_rule(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.emulator.place([{"OrderStatusID": each} for each in (2, 1, 4)])
    assert shop.get("Orders", orderstatus="1,2").status_code == 400
    shop.set_rules(multi_status_filter="all")
    assert shop.ids(orderstatus="1,2") == [30001, 30002]
    shop.set_rules(multi_status_filter="first")
    assert shop.ids(orderstatus="1,2") == [30002]


def test_orderby_and_select_work_on_the_page_only(shop: Shop) -> None:
    shop.emulator.place([{"InvoiceNumber": each} for each in (5, 9, 1, 7)])
    query = {"limit": 3, "$orderby": "InvoiceNumber desc", "$select": "InvoiceNumber,OrderID"}
    assert shop.get("Orders", **query).json() == [
        {"InvoiceNumber": 9, "OrderID": 30002},
        {"InvoiceNumber": 5, "OrderID": 30001},
        {"InvoiceNumber": 1, "OrderID": 30003},
    ]


def test_unknown_parameters_are_ignored(shop: Shop) -> None:
    shop.emulator.place(orders(1))
    assert shop.ids(nonsense="1") == [30001]
