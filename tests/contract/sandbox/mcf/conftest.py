"""A seller account served over real HTTP, and a plain client that shares nothing with the connector."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from starlette.types import ASGIApp, Receive, Scope, Send

from cartage_sandbox.kernel import Clock, SandboxServer
from cartage_sandbox.kernel.rules import RuleValue
from cartage_sandbox.mcf import (
    DEFAULT_APPLICATION,
    MARKETPLACE_ID,
    ROOT,
    SUMMARIES,
    TOKEN_PATH,
    create_seller_account,
)

START = datetime(2026, 11, 24, 15, tzinfo=UTC)


class Seller:
    """An emulator with a frozen clock, its URL, and a client with a token."""

    def __init__(self, stand: Stand, http: requests.Session, rules: dict[str, RuleValue]) -> None:
        self.clock = Clock(START, frozen=True)
        self.emulator = create_seller_account(clock=self.clock, rng=random.Random(7), rules=rules)
        self.url, self.http = stand.url, http
        stand.app = self.emulator.app
        self.control("POST", "/items", [{"sku": "MUG", "qty": 100}, {"sku": "HAT", "qty": 1}])
        self.log_in()

    def rule(self, **changes: RuleValue) -> None:
        self.emulator.rules.update(changes)

    def grant(self, **changes: str) -> requests.Response:
        form = {
            "grant_type": "refresh_token",
            "client_id": DEFAULT_APPLICATION.client_id,
            "client_secret": DEFAULT_APPLICATION.client_secret,
            "refresh_token": DEFAULT_APPLICATION.refresh_token,
            **changes,
        }
        return requests.post(self.url + TOKEN_PATH, data=form, timeout=5)

    def log_in(self) -> None:
        self.http.headers["x-amz-access-token"] = self.grant().json()["access_token"]

    def call(self, method: str, path: str, body: Any = None, **params: Any) -> requests.Response:
        return self.http.request(method, self.url + path, json=body, params=params or None, timeout=5)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        response = requests.request(method, f"{self.url}/_sandbox{path}", json=body, timeout=5)
        assert response.status_code < 300, response.text
        return response.json()

    def order(self, seller_id: str, **changes: Any) -> dict[str, Any]:
        return {
            "marketplaceId": MARKETPLACE_ID,
            "sellerFulfillmentOrderId": seller_id,
            "displayableOrderId": "AB-1000",
            "displayableOrderDate": "2026-11-24T00:00:00Z",
            "displayableOrderComment": "Thank you.",
            "shippingSpeedCategory": "Standard",
            "destinationAddress": {
                "name": "Zoë Núñez",
                "addressLine1": "1 Main St",
                "city": "Albany",
                "stateOrRegion": "NY",
                "postalCode": "12207",
                "countryCode": "US",
            },
            "items": [{"sellerSku": "MUG", "sellerFulfillmentOrderItemId": "1", "quantity": 2}],
            **changes,
        }

    def post(self, seller_id: str, **changes: Any) -> requests.Response:
        return self.call("POST", ROOT, self.order(seller_id, **changes))

    def accepted(self, *seller_ids: str) -> None:
        for seller_id in seller_ids:
            response = self.post(seller_id)
            assert (response.status_code, response.json()) == (200, {})

    def read(self, seller_id: str) -> dict[str, Any]:
        response = self.call("GET", f"{ROOT}/{seller_id}")
        assert response.status_code == 200, response.text
        payload: dict[str, Any] = response.json()["payload"]
        return payload

    def status(self, seller_id: str) -> str:
        return str(self.read(seller_id)["fulfillmentOrder"]["fulfillmentOrderStatus"])

    def listed(self, **params: Any) -> dict[str, Any]:
        response = self.call("GET", ROOT, **params)
        assert response.status_code == 200, response.text
        payload: dict[str, Any] = response.json()["payload"]
        return payload

    def ids(self, **params: Any) -> list[str]:
        return [order["sellerFulfillmentOrderId"] for order in self.listed(**params)["fulfillmentOrders"]]

    def stock(self, **params: Any) -> requests.Response:
        query = {
            "granularityType": "Marketplace",
            "granularityId": MARKETPLACE_ID,
            "marketplaceIds": MARKETPLACE_ID,
            **params,
        }
        return self.call("GET", SUMMARIES, **query)

    def messages(self, response: requests.Response) -> list[str]:
        assert response.status_code >= 400
        return [error["message"] for error in response.json()["errors"]]


class Stand:
    """One server for all tests of this folder; it serves the emulator of the current test."""

    app: ASGIApp
    url: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@pytest.fixture(scope="package")
def stand() -> Iterator[Stand]:
    stand = Stand()
    with SandboxServer(stand) as server:
        stand.url = server.url
        yield stand


@pytest.fixture
def seller(stand: Stand) -> Iterator[Seller]:
    with requests.Session() as http:
        yield Seller(stand, http, {"throttle": False})
