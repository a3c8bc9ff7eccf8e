"""A warehouse's response is kept unchanged, except for its size, secrets, and what the database cannot store."""

from __future__ import annotations

from decimal import Decimal

from cartage.errors import RawResponse
from cartage.model.orders import Address
from cartage.redaction import MASK
from cartage.sending.kept_responses import MOST_KEPT, fit_to_keep, orders_to_keep
from cartage.warehouses.contract import RemoteOrder, RemoteState

SECRET = 'p"ss-word-77'


def kept(body: str) -> str:
    return fit_to_keep(RawResponse(200, body), {SECRET}).body


def test_a_response_is_kept_unchanged() -> None:
    body = '{"shipTo": {"name": "Zoë 山田 🎁", "email": "zoe@mail.example"},\n\t"orderId": 1234567890123456}'
    assert kept(body) == body
    assert fit_to_keep(RawResponse(None, ""), ()) == RawResponse(None, "")


def test_secrets_and_card_numbers_are_not_kept_in_any_form() -> None:
    for body in (
        f"you sent {SECRET}!",
        r'{"client_secret":"p\"ss-word-77"}',
        "POST /orders\nAuthorization: Basic Y2xpZW50OnNlY3JldA==",
        '{"Authorization": "Bearer eyJhbGciOi.J9-_"}',
        "token: bearer eyJhbGciOi.J9-_",
        "paid with 4111 1111 1111 1111",
    ):
        assert MASK in kept(body), body
        for secret in (SECRET, "ss-word", "Y2xpZW50", "eyJhbGci", "4111"):
            assert secret not in kept(body), body


def test_what_the_database_cannot_store_is_removed() -> None:
    assert kept("a\x00b\ud800c\x1b[31m") == "abc[31m"


def test_a_long_response_is_cut_and_says_so() -> None:
    found = kept("x" * (MOST_KEPT + 5))
    assert found == "x" * MOST_KEPT + "\n[cut here; the response had 16,005 characters]"
    assert "cut" not in kept("x" * MOST_KEPT)


def test_no_part_of_a_secret_is_left_where_a_response_is_cut() -> None:
    for before in range(MOST_KEPT - len(SECRET), MOST_KEPT + 1):
        assert SECRET[:4] not in kept("x" * before + SECRET + "y" * 100)


def test_orders_that_were_found_are_kept_like_responses() -> None:
    order = RemoteOrder(
        "900",
        "A3_1_0",
        RemoteState.OPEN,
        (("MUG", Decimal(2)),),
        Address(name=f"Ann\x00 {SECRET}", email="ann@mail.example"),
    )
    [found] = orders_to_keep([order], {SECRET})
    assert (found["remote_id"], found["state"], found["lines"]) == ("900", "open", [["MUG", Decimal(2)]])
    assert (found["ship_to"]["name"], found["ship_to"]["email"]) == (f"Ann {MASK}", "ann@mail.example")
    assert len(orders_to_keep([order] * 50, ())) < 50
