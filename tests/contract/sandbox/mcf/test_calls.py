"""Tokens, roles and the pace of each operation; the stock and its page tokens."""

from __future__ import annotations

import pytest

from cartage_sandbox.mcf import DEFAULT_APPLICATION, INVENTORY, ROOT
from tests.contract.sandbox.mcf.conftest import Seller


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"refresh_token": "wrong"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_a_grant_is_refused_as_oauth_does(
    seller: Seller, changes: dict[str, str], status: int, error: str
) -> None:
    response = seller.grant(**changes)
    assert (response.status_code, response.json()["error"]) == (status, error)


def test_a_token_says_how_long_it_lives(seller: Seller) -> None:
    assert seller.grant().json()["expires_in"] == 3600
    seller.clock.advance(3599)
    assert seller.call("GET", ROOT).status_code == 200


@pytest.mark.parametrize("status", [403, 401])
def test_an_expired_token_gets_the_status_of_the_rule(seller: Seller, status: int) -> None:
    seller.rule(expired_token_status=str(status))
    seller.clock.advance(3600)
    response = seller.call("GET", ROOT)
    assert response.status_code == status
    assert "expired" in response.json()["errors"][0]["details"]


def test_a_call_without_a_token_or_with_a_revoked_one_is_refused(seller: Seller) -> None:
    seller.control("DELETE", "/tokens")
    assert seller.call("GET", ROOT).status_code == 403
    del seller.http.headers["x-amz-access-token"]
    assert seller.call("GET", ROOT).status_code == 401


def test_a_missing_role_is_refused_without_a_word_about_the_token(seller: Seller) -> None:
    seller.control("POST", "/roles", {"client_id": DEFAULT_APPLICATION.client_id, "roles": [INVENTORY]})
    response = seller.call("GET", ROOT)
    assert response.status_code == 403
    assert "token" not in response.text
    assert seller.stock().status_code == 200


def test_each_operation_has_a_bucket_of_its_own(seller: Seller) -> None:
    seller.rule(throttle=True)
    statuses = [seller.call("GET", ROOT).status_code for _ in range(31)]
    assert statuses == [200] * 30 + [429]
    assert [seller.stock().status_code for _ in range(3)] == [200, 200, 429]
    response = seller.call("GET", f"{ROOT}/NONE")
    assert response.status_code == 404
    assert response.headers["x-amzn-RateLimit-Limit"] == "2.0"
    seller.clock.advance(1)
    assert [seller.call("GET", ROOT).status_code for _ in range(3)] == [200, 200, 429]


def test_the_stock_needs_its_marketplace_and_takes_fifty_names(seller: Seller) -> None:
    assert seller.stock(marketplaceIds="").status_code == 400
    assert seller.stock(granularityType="").status_code == 400
    assert seller.stock(sellerSkus=",".join(f"S{number}" for number in range(51))).status_code == 400
    shown = seller.stock(sellerSkus="MUG,NONE").json()["payload"]["inventorySummaries"]
    assert [each["sellerSku"] for each in shown] == ["MUG"]
    assert "inventoryDetails" not in shown[0]


@pytest.mark.parametrize("counts", [True, False])
def test_letter_case_counts_in_the_filter_or_not(seller: Seller, counts: bool) -> None:
    seller.rule(sku_letter_case_counts=counts)
    assert len(seller.stock(sellerSkus="mug").json()["payload"]["inventorySummaries"]) == (0 if counts else 1)


@pytest.mark.parametrize("shown", [True, False])
def test_skus_without_a_unit_are_listed_or_not(seller: Seller, shown: bool) -> None:
    seller.control("POST", "/items", [{"sku": "EMPTY", "qty": 0}])
    seller.rule(summaries_without_stock=shown)
    skus = {each["sellerSku"] for each in seller.stock().json()["payload"]["inventorySummaries"]}
    assert ("EMPTY" in skus) is shown


def test_a_token_of_the_stock_dies_after_thirty_seconds(seller: Seller) -> None:
    seller.rule(stock_page_size=1)
    token = seller.stock().json()["pagination"]["nextToken"]
    seller.clock.advance(30)
    assert seller.stock(nextToken=token).status_code == 200
    seller.clock.advance(1)
    assert seller.stock(nextToken=token).status_code == 400
