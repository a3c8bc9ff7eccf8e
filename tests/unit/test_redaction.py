"""Redacted texts contain no secrets, card numbers, e-mail addresses, or known personal values."""

from __future__ import annotations

from typing import Any

import pytest

from cartage.connections import Connection
from cartage.monitoring.repo.personal import values_of
from cartage.redaction import MASK, redact, redact_secrets, secrets_of


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("SKU '012345678905' is unknown", "SKU '012345678905' is unknown"),
        ("write to <ann.b+c@mail.example.com>, please", f"write to <{MASK}>, please"),
        ("card 4111-1111-1111-1111.", f"card {MASK}."),
        ("amex 378282246310005", f"amex {MASK}"),
        ("order 1234567890123456 of many", "order 1234567890123456 of many"),  # not a card: wrong checksum
        ("a\x00b\x1b[31mc\u202ed", "a b [31mc d"),
    ],
)
def test_secrets_of_known_forms_are_redacted(text: str, redacted: str) -> None:
    assert redact(text) == redacted


def test_known_secrets_are_redacted_as_whole_words_in_any_letter_case() -> None:
    known = values_of(
        {"name": "Ann Winter", "city": "Ground", "state": "Ohio", "zip_code": "04112", "email": ""}
    )
    assert redact("consignee ANN WINTER at 04112, by Underground, Ohio", known) == (
        f"consignee {MASK} at {MASK}, by Underground, Ohio"
    )
    assert redact("Mr. Winter's order", known) == f"Mr. {MASK}'s order"


HUGE_SKU = "A1-" * 23_334  # 70,002 characters


@pytest.mark.parametrize(
    "huge", [HUGE_SKU, "x" * 70_000, "1" * 70_000, "1-" * 35_000, "a@" * 35_000, "\u7b46" * 70_000]
)
def test_a_sku_of_70_000_characters_hides_nothing_around_it_and_is_kept(huge: str) -> None:
    text = f"ann@example.com ordered {huge} with 4111-1111-1111-1111, to Winter"
    assert redact(text, {"Winter"}) == f"{MASK} ordered {huge} with {MASK}, to {MASK}"
    assert redact_secrets(f"key-12345 {huge} 4111-1111-1111-1111", ["key-12345"]) == f"{MASK} {huge} {MASK}"


def test_a_known_value_of_70_000_characters_is_redacted_where_it_occurs() -> None:
    assert redact(f"to {HUGE_SKU[:-1]}, by UPS", {HUGE_SKU[:-1], "absent " * 10_000}) == f"to {MASK}, by UPS"
    assert redact("to Ann", {HUGE_SKU}) == "to Ann"


def test_a_connections_secrets_are_its_password_and_extras_with_secret_names() -> None:
    connection = Connection(
        id="x",
        host="host",
        login="client-id",
        password="pass-word",
        extra={
            "private_key": "pk-123456",
            "token": "t",
            "secure_url": "https://mystore.example",
            "Authorization": "B 1234",
        },
    )
    assert set(secrets_of(connection)) == {"pass-word", "pk-123456", "B 1234"}


def test_secrets_within_an_extra_are_found_too() -> None:
    extra: dict[str, Any] = {
        "proxies": {"https": "http://me:secret@proxy"},
        "keys": ["first-key", 12345678, None, True],
    }
    extra["deep"] = {"er": {"token": "a-token"}, "host": "a-host"}
    assert set(secrets_of(Connection("x", extra=extra))) == {
        "http://me:secret@proxy", "first-key", "12345678", "a-token",
    }  # fmt: skip
