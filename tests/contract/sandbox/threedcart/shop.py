"""A client of the emulated store for its own contract tests: plain requests, nothing from the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import requests

from cartage_sandbox.threedcart import PRIVATE_KEY, SECURE_URL, TOKEN, StoreEmulator

SECONDS = 10
HEADERS = {"SecureURL": SECURE_URL, "PrivateKey": PRIVATE_KEY, "Token": TOKEN}


class Shop:
    """The emulator, with HTTP access to it."""

    def __init__(self, emulator: StoreEmulator, url: str) -> None:
        self.emulator, self.url = emulator, url
        self.session = requests.Session()
        self.session.headers.update(HEADERS)

    def call(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        """Send one request to a path below /3dCartWebAPI/v2."""
        return self.session.request(
            method, f"{self.url}/3dCartWebAPI/v2/{path}", timeout=SECONDS, allow_redirects=False, **kwargs
        )

    def get(self, path: str, **query: Any) -> requests.Response:
        """GET with a query."""
        return self.call("GET", path, params=query)

    def put(self, path: str, body: Any) -> requests.Response:
        """PUT JSON."""
        return self.call("PUT", path, json=body)

    def post(self, path: str, body: Any) -> requests.Response:
        """POST JSON."""
        return self.call("POST", path, json=body)

    def control(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Call the control API, without credentials, and return its response."""
        response = requests.request(
            method, f"{self.url}/_sandbox/{path}", json=body, params=query, timeout=SECONDS
        )
        response.raise_for_status()
        return response.json()

    def ids(self, **query: Any) -> list[int]:
        """Return the OrderIDs of a page."""
        return [each["OrderID"] for each in self.get("Orders", **query).json()]

    def set_rules(self, **rules: Any) -> None:
        """Change rules at run time, as a test of another process would."""
        self.control("PATCH", "rules", rules)


def orders(count: int, **fields: Any) -> list[dict[str, Any]]:
    """Return this many equal seeds."""
    return [dict(fields) for _ in range(count)]


def statuses(results: Sequence[dict[str, Any]]) -> list[str]:
    """Return the Status of each result."""
    return [each["Status"] for each in results]


def made(shop: Shop, kind: str, count: int = 1) -> list[dict[str, Any]]:
    """Generate this many orders of a kind, and read each by its id."""
    ids = shop.emulator.generate(count, mix={kind: 1.0})["ids"][kind]
    return [shop.get(f"Orders/{order_id}").json()[0] for order_id in ids]
