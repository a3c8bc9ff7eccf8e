"""A warehouse served over real HTTP, and a plain client that shares nothing with the connector."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from starlette.types import ASGIApp, Receive, Scope, Send

from cartage_sandbox.extensiv import DEFAULT_CREDENTIAL, TOKEN_PATH, Credential, create_warehouse
from cartage_sandbox.kernel import Clock, SandboxServer
from cartage_sandbox.kernel.rules import RuleValue

HAL = "application/hal+json"
ORDER_REL = "http://api.3plCentral.com/rels/orders/order"
START = datetime(2026, 11, 24, 15, tzinfo=UTC)


class Wms:
    """An emulator with a frozen clock, its URL, and a client with a token."""

    def __init__(self, stand: Stand, http: requests.Session, rules: dict[str, RuleValue]) -> None:
        self.clock = Clock(START, frozen=True)
        self.emulator = create_warehouse(clock=self.clock, rng=random.Random(7), rules=rules)
        self.url, self.http = stand.url, http
        stand.app = self.emulator.app
        self.control("POST", "/items", [{"sku": "MUG", "qty": 100}, {"sku": "HAT", "qty": 1}])
        self.log_in()

    def rule(self, **changes: RuleValue) -> None:
        self.emulator.rules.update(changes)

    def token(self, credential: Credential = DEFAULT_CREDENTIAL, **asked: Any) -> requests.Response:
        body = {"grant_type": "client_credentials", "user_login": credential.user_login, **asked}
        auth = (credential.client_id, credential.client_secret)
        return self.http.post(self.url + TOKEN_PATH, json=body, auth=auth, timeout=5)

    def log_in(self, credential: Credential = DEFAULT_CREDENTIAL) -> None:
        token = self.token(credential).json()["access_token"]
        self.http.headers.update({"Authorization": f"Bearer {token}", "Accept": HAL})

    def call(self, method: str, path: str, body: Any = None, **kwargs: Any) -> requests.Response:
        return self.http.request(method, self.url + path, json=body, timeout=5, **kwargs)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        response = requests.request(method, f"{self.url}/_sandbox{path}", json=body, timeout=5)
        assert response.status_code < 300, response.text
        return response.json()

    def order(self, reference: str, **changes: Any) -> dict[str, Any]:
        return {
            "customerIdentifier": {"id": 12},
            "facilityIdentifier": {"id": 1},
            "referenceNum": reference,
            "poNum": "AB-1000",
            "routingInfo": {"carrier": "UPS", "mode": "Ground"},
            "shipTo": {
                "name": "Zoë Núñez",
                "address1": "1 Main St",
                "city": "Albany",
                "state": "NY",
                "zip": "12207",
                "country": "US",
            },
            "orderItems": [{"itemIdentifier": {"sku": "MUG"}, "qty": 2.0, "externalId": "line-1"}],
            **changes,
        }

    def post(self, reference: str, **changes: Any) -> requests.Response:
        return self.call("POST", "/orders", self.order(reference, **changes))

    def accepted(self, reference: str, **changes: Any) -> dict[str, Any]:
        response = self.post(reference, **changes)
        assert response.status_code == 201, response.text
        order: dict[str, Any] = response.json()
        return order

    def found(self, rql: str, **params: Any) -> list[dict[str, Any]]:
        response = self.call("GET", "/orders", params={"rql": rql, **params})
        assert response.status_code == 200, response.text
        orders: list[dict[str, Any]] = response.json()["_embedded"][ORDER_REL]
        return orders

    def references(self, rql: str, **params: Any) -> list[str]:
        return [order["referenceNum"] for order in self.found(rql, **params)]


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
def wms(stand: Stand) -> Iterator[Wms]:
    with requests.Session() as http:
        yield Wms(stand, http, {})
