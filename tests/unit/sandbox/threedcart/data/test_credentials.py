"""Who may call."""

from __future__ import annotations

import pytest

from cartage_sandbox.threedcart import PRIVATE_KEY, READ_ONLY_TOKEN, SECURE_URL, TOKEN, Credentials
from cartage_sandbox.threedcart.data.credentials import normalised


def _headers(token: str = TOKEN, **changes: str) -> dict[str, str]:
    return {"secureurl": SECURE_URL, "privatekey": PRIVATE_KEY, "token": token} | changes


@pytest.mark.parametrize(
    "text", ["https://Shop.example.test/", "www.shop.example.test", " http://shop.example.test// "]
)
def test_the_secure_url_is_reduced_to_its_host(text: str) -> None:
    assert normalised(text) == "shop.example.test"


def test_default_tokens_write_and_read() -> None:
    credentials = Credentials()
    assert credentials.allow(_headers(), "orders", write=True)
    assert credentials.allow(_headers(READ_ONLY_TOKEN), "orders", write=False)
    assert not credentials.allow(_headers(READ_ONLY_TOKEN), "orders", write=True)
    assert not credentials.allow(_headers(privatekey="\u00e9"), "orders", write=False)


def test_two_stores_share_no_tokens() -> None:
    first, second = Credentials(), Credentials()
    first.revoke(TOKEN)
    assert second.allow(_headers(), "orders", write=True)


def test_an_unknown_scope_is_refused() -> None:
    with pytest.raises(ValueError, match="admin"):
        Credentials().grant("t", {"*": "admin"})
