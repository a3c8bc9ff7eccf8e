"""Text and nulls (sections 4.2 and 12): what real stores have in their fields, byte for byte, and what is missing."""

from __future__ import annotations

import pytest

from tests.contract.sandbox.threedcart.shop import Shop, made

_ALL_KINDS = {
    "accents": "Zo\u00eb N\u00fa\u00f1ez",
    "curly quotes": "\u201cdanke\u201d O\u2019Neil",
    "CJK": "\u738b\u5c0f\u660e",
    "astral": "\U0001f6b2",
    "right-to-left mark": "\u200f\u05d3\u05d5\u05d3",
    "zero-width space": "Sam\u200bZero",
    "no-break space": "Zero\u00a0Width",
    "combining form": "Ame\u0301lie",
    "unbalanced tags": "<p>No <i>plastic<p> please<br>",
    "script": "<script>alert('gift')</script>",
    "entities": "&amp; &lt;3 &nbsp;",
    "control characters": "line\r\ntab\tvertical\x0bbell\x07null\x00escape\x1b",
    "60 kB": "x" * 60_000,
}


@pytest.mark.parametrize("text", _ALL_KINDS.values(), ids=_ALL_KINDS)
def test_any_text_is_served_as_it_was_entered(shop: Shop, text: str) -> None:
    shop.control("POST", "orders", [{"CustomerComments": text, "BillingFirstName": text}])
    [order] = shop.get("Orders").json()
    assert (order["CustomerComments"], order["BillingFirstName"]) == (text, text)


def test_generated_names_are_beyond_ascii_and_their_phone_is_empty(shop: Shop) -> None:
    for order in made(shop, "unicode", 12):
        assert not (order["BillingFirstName"] + order["BillingLastName"]).isascii()
        assert order["BillingPhoneNumber"] == ""


def test_mojibake_occurs_in_method_names_and_comments(shop: Shop) -> None:
    [order] = made(shop, "mojibake")
    assert order["ShipmentList"][0]["ShipmentMethodName"] == "2nd Day Air\u00c2\u00ae"
    assert "\u00e2\u20ac\u2122" in order["CustomerComments"]


def test_comments_contain_html_and_a_comment_may_have_60_kb(shop: Shop) -> None:
    assert len(made(shop, "huge_comment")[0]["CustomerComments"]) > 55_000
    comments = {order["CustomerComments"] for order in made(shop, "html_comments", 20)}
    assert any("<script>" in comment for comment in comments)
    assert any("&amp;" in comment and "\r\n" in comment for comment in comments)


def test_control_characters_occur_in_texts(shop: Shop) -> None:
    [order] = made(shop, "control_characters")
    assert {"\x07", "\x00", "\t", "\x0b", "\x1b"} <= set(order["CustomerComments"])


def test_states_abroad_are_free_text_of_up_to_16_characters_and_phones_have_plus_and_blanks(
    shop: Shop,
) -> None:
    orders = made(shop, "foreign", 60)
    states = {order["ShipmentList"][0]["ShipmentState"] for order in orders}
    phones = {order["BillingPhoneNumber"] for order in orders}
    assert max(len(state) for state in states) == 16
    assert any(phone.startswith("+") and " " in phone for phone in phones)
    assert any(phone.isdigit() and len(phone) == 13 for phone in phones)


def test_a_state_may_include_its_country(shop: Shop) -> None:
    shop.emulator.place([{"BillingState": "US-CA", "ShipmentList": [{"ShipmentState": "US-CA"}]}])
    [order] = shop.get("Orders").json()
    assert (order["BillingState"], order["ShipmentList"][0]["ShipmentState"]) == ("US-CA", "US-CA")


def test_card_fields_are_populated(shop: Shop) -> None:
    [order] = made(shop, "single")
    assert order["CardNumber"].startswith("XXXX-XXXX-XXXX-")
    assert all(order[name] for name in ("CardType", "CardName", "CardVerification", "CardExpirationYear"))


def test_lists_texts_and_numbers_may_be_null(shop: Shop) -> None:
    assert made(shop, "null_items")[0]["OrderItemList"] is None
    [order] = made(shop, "null_shipments")
    assert (order["ShipmentList"], order["QuestionList"]) == (None, None)
    [order] = made(shop, "null_fields")
    assert (order["CustomerComments"], order["CustomerID"], order["PromotionList"]) == (None, None, None)
    assert order["ShipmentList"][0]["ShipmentTrackingCode"] is None
    assert order["BillingPaymentMethodID"] == "0"


def test_newer_keys_may_be_missing_and_unknown_keys_present(shop: Shop) -> None:
    [older] = made(shop, "older_platform")
    assert not {"PromotionList", "AlternateOrderID", "OrderType", "PaymentTokenID"} & older.keys()
    [newer] = made(shop, "newer_platform")
    assert newer["LoyaltyTier"] == {"Name": "Gold", "Points": [1, 2]}


def test_the_shipping_date_has_four_shapes(shop: Shop) -> None:
    dates = {order["ShipmentList"][0]["ShipmentShippedDate"] for order in made(shop, "shipped", 40)}
    assert dates == {"", "9/16/2025", "11/6/2025", "9/16/2025 1:23:45 PM"}
