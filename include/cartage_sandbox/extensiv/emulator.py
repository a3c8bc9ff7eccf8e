"""An emulated Extensiv 3PL Warehouse Manager account, built from its parts.

It contacts nobody, and shares no code with the connector that it tests.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cartage_sandbox.extensiv.api.catalogue import CatalogueApi
from cartage_sandbox.extensiv.api.orders import OrdersApi
from cartage_sandbox.extensiv.control import ControlApi
from cartage_sandbox.extensiv.data.state import WarehouseState
from cartage_sandbox.extensiv.operations.floor import Floor
from cartage_sandbox.extensiv.operations.order_desk import OrderDesk
from cartage_sandbox.extensiv.operations.tokens import Credential, TokenDesk
from cartage_sandbox.extensiv.parts import WarehouseParts
from cartage_sandbox.extensiv.rules import EXTENSIV_RULES
from cartage_sandbox.extensiv.wire.errors import Refusal
from cartage_sandbox.extensiv.wire.resources import Resources
from cartage_sandbox.kernel.app import build_app
from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.faults import Faults
from cartage_sandbox.kernel.journal import Journal
from cartage_sandbox.kernel.jsonwire import BrokenJson, json_response, payload
from cartage_sandbox.kernel.rules import Rules, RuleValue

API = "extensiv"
TOKEN_PATH = "/AuthServer/api/Token"  # noqa: S105 - a path

DEFAULT_CREDENTIAL = Credential(
    client_id="0f3c6a52-9b1d-4e47-8a55-2c1f6e7d9b10",
    client_secret="sandbox-secret-of-the-main-client",  # noqa: S106 - opens the sandbox alone
    user_login="cartage",
    user_login_id=77,
    tpl="{6d2f0b1e-54c9-4f27-9a3d-0e8b7c5a1f42}",
)
READER_CREDENTIAL = Credential(
    client_id="b7e1d0c4-3a6f-4f0b-9d52-71c8e4a90f36",
    client_secret="sandbox-secret-of-the-reader",  # noqa: S106 - opens the sandbox alone
    user_login="reader",
    user_login_id=78,
    tpl=DEFAULT_CREDENTIAL.tpl,
    roles=frozenset({"OrderView", "ItemView", "CustomerView", "FacilityView"}),
)


class WarehouseEmulator:
    """A warehouse account. `app` is the ASGI app, `state` what it holds; `floor` does the work in the warehouse."""

    def __init__(self, clock: Clock, rng: random.Random, rules: Rules) -> None:
        self.clock, self.rules = clock, rules
        self.journal = Journal(clock, API)
        self.faults = Faults()
        self.state = WarehouseState(clock, rng, rules, self.journal)
        self.floor = Floor(self.state)
        self.desk = OrderDesk(self.state, self.floor)
        self.tokens = TokenDesk(self.state, DEFAULT_CREDENTIAL, READER_CREDENTIAL)
        self._parts = WarehouseParts(
            self.state,
            self.floor,
            self.desk,
            Resources(rules, self.state.timestamps),
            self.tokens,
        )
        self.app: Starlette = build_app(self, clock, self.journal, self.faults, rules)

    @property
    def unrecorded(self) -> Collection[str]:
        """Keep the token endpoint's bodies out of the journal."""
        return (TOKEN_PATH.lower(),)

    def routes(self) -> list[BaseRoute]:
        """Return the emulated API's routes."""
        token = Route(TOKEN_PATH, self._token, methods=["POST"])
        return [token, *OrdersApi(self._parts).routes(), *CatalogueApi(self._parts).routes()]

    def control_routes(self) -> list[BaseRoute]:
        """Return the additions to the control API."""
        return ControlApi(self._parts).routes()

    async def _token(self, request: Request) -> Response:
        try:
            body = await _token_request(request)
            return json_response(self.tokens.issue(request.headers.get("authorization", ""), body))
        except Refusal as refusal:
            return refusal.response()


async def _token_request(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl((await request.body()).decode("latin-1")))
    try:
        body = await payload(request)
    except BrokenJson as error:
        raise Refusal(400, {"Message": "invalid_request"}) from error
    if not isinstance(body, dict):
        raise Refusal(400, {"Message": "invalid_request"})
    return body


def create_warehouse(
    *,
    clock: Clock | None = None,
    rng: random.Random | None = None,
    rules: Rules | Mapping[str, RuleValue] | None = None,
) -> WarehouseEmulator:
    """Return a new emulator. `rules` are overrides by name; without `rng` the seed is 0.

    Raises RuleError for an unknown rule or value.
    """
    chosen = rules if isinstance(rules, Rules) else Rules(EXTENSIV_RULES, rules)
    return WarehouseEmulator(clock or Clock(), rng or random.Random(0), chosen)
