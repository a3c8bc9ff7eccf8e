"""Many merchants on one machine: an emulated store for each, all served by one server in this process."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from random import Random
from typing import Any, Self

from starlette.types import ASGIApp, Receive, Scope, Send

from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.rules import RuleValue
from cartage_sandbox.kernel.server import SandboxServer
from cartage_sandbox.stack.storefront import address
from cartage_sandbox.threedcart import TOKEN, Credentials, StoreEmulator, create_store


class Merchants(AbstractContextManager["Merchants"]):
    """The stores of these lanes. Each request goes to the store that its header `SecureURL` names."""

    def __init__(self, names: Sequence[str], rules: Mapping[str, RuleValue]) -> None:
        self.stores: dict[str, StoreEmulator] = {
            name: create_store(
                Clock(),
                Random(number),
                rules,
                Credentials(secure_url=f"https://{name.replace('_', '-')}.3dcartstores.com"),
            )
            for number, name in enumerate(names)
        }
        self._by_host = {
            _host(store.credentials.secure_url.encode()): store.app for store in self.stores.values()
        }
        self._server = SandboxServer(self)

    def __enter__(self) -> Self:
        """Serve them."""
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def connections(self) -> dict[str, str]:
        """Return an Airflow connection for each store, as environment variables."""
        return {
            f"AIRFLOW_CONN_THREEDCART_{name.upper()}": json.dumps(
                {
                    "conn_type": "threedcart",
                    **address(self._server.url),
                    "extra": {
                        "secure_url": store.credentials.secure_url,
                        "private_key": store.credentials.private_key,
                        "token": TOKEN,
                    },
                }
            )
            for name, store in self.stores.items()
        }

    def calls(self) -> dict[str, int]:
        """Return how many requests each store has received."""
        return {name: len(store.journal.entries("request")) for name, store in self.stores.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Servers know an application of ASGI 3 by this method, and do not know a bound method."""
        app: ASGIApp = next(iter(self._by_host.values()))
        if scope["type"] == "http":
            headers: dict[bytes, Any] = dict(scope["headers"])
            app = self._by_host.get(_host(headers.get(b"secureurl", b"")), app)
        await app(scope, receive, send)


def _host(secure_url: bytes) -> bytes:
    """Return the name of the store's host, with which a client may name the store, too."""
    return secure_url.removeprefix(b"https://")
