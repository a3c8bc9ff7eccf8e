"""An emulated ShipBob account, built from its parts. Its token endpoint is on the same server.

It contacts nobody, and shares no code with the connector that it tests.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cartage_sandbox.kernel.app import build_app
from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.faults import Faults
from cartage_sandbox.kernel.journal import Journal
from cartage_sandbox.kernel.jsonwire import json_response
from cartage_sandbox.kernel.rules import Rules, RuleValue
from cartage_sandbox.shipbob.api.catalogue import CatalogueApi
from cartage_sandbox.shipbob.api.orders import OrdersApi
from cartage_sandbox.shipbob.control import ShipBobControl
from cartage_sandbox.shipbob.data.model import DEFAULT_CHANNEL_ID, SCOPES, Channel
from cartage_sandbox.shipbob.data.state import ShipBobState
from cartage_sandbox.shipbob.operations.desk import OrderDesk
from cartage_sandbox.shipbob.operations.floor import Floor
from cartage_sandbox.shipbob.operations.stock import Stock
from cartage_sandbox.shipbob.operations.throttle import SlidingWindow
from cartage_sandbox.shipbob.operations.tokens import OAuthClient, TokenDesk
from cartage_sandbox.shipbob.parts import ShipBobParts
from cartage_sandbox.shipbob.rules import SHIPBOB_RULES
from cartage_sandbox.shipbob.wire.errors import Refusal
from cartage_sandbox.shipbob.wire.resources import Resources

API = "shipbob"
TOKEN_PATH = "/connect/token"  # noqa: S105 - a path
OTHER_CHANNEL_ID = 128950
_READ_ONLY_CHANNEL_ID = 128943
DEFAULT_TOKEN = "sandbox-personal-access-token"  # noqa: S105 - opens the sandbox alone
READER_TOKEN = "sandbox-token-of-the-reader"  # noqa: S105 - opens the sandbox alone
DEFAULT_CLIENT = OAuthClient(
    client_id="sandbox-application",
    client_secret="sandbox-secret-of-the-application",  # noqa: S106 - opens the sandbox alone
    refresh_token="sandbox-first-refresh-token",  # noqa: S106 - opens the sandbox alone
)
_CHANNELS = (
    Channel(DEFAULT_CHANNEL_ID, "Cartage"),
    Channel(OTHER_CHANNEL_ID, "Another store"),
    Channel(_READ_ONLY_CHANNEL_ID, "ShipBob Default", "ShipBob", SCOPES - {"orders_write"}),
)


class ShipBobEmulator:
    """An account. `app` is the ASGI app, `state` what it holds; `floor` does the work in the fulfillment centres."""

    def __init__(self, clock: Clock, rng: random.Random, rules: Rules) -> None:
        self.clock, self.rules = clock, rules
        self.journal = Journal(clock, API)
        self.faults = Faults()
        self.state = ShipBobState(clock, rng, rules, self.journal, _CHANNELS)
        stock = Stock(self.state)
        self.desk = OrderDesk(self.state, stock)
        self.floor = Floor(self.state, stock, self.desk)
        tokens = {DEFAULT_TOKEN: SCOPES, READER_TOKEN: SCOPES - {"orders_write"}}
        self.tokens = TokenDesk(self.state, DEFAULT_CLIENT, tokens)
        self._parts = ShipBobParts(
            self.state,
            stock,
            self.desk,
            self.floor,
            Resources(rules, self.state.locations),
            self.tokens,
            SlidingWindow(clock, rules),
        )
        self.app: Starlette = build_app(self, clock, self.journal, self.faults, rules)

    @property
    def unrecorded(self) -> Collection[str]:
        """Keep the token endpoint's bodies out of the journal."""
        return (TOKEN_PATH,)

    def routes(self) -> list[BaseRoute]:
        """Return the emulated API's routes."""
        token = Route(TOKEN_PATH, self._token, methods=["POST"])
        return [token, *OrdersApi(self._parts).routes(), *CatalogueApi(self._parts).routes()]

    def control_routes(self) -> list[BaseRoute]:
        """Return the additions to the control API."""
        return ShipBobControl(self._parts).routes()

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode("latin-1")))
        try:
            return json_response(self.tokens.refresh(form))
        except Refusal as refusal:
            return refusal.response()


def create_shipbob(
    *,
    clock: Clock | None = None,
    rng: random.Random | None = None,
    rules: Rules | Mapping[str, RuleValue] | None = None,
) -> ShipBobEmulator:
    """Return a new emulator. `rules` are overrides by name; without `rng` the seed is 0.

    Raises RuleError for an unknown rule or value.
    """
    chosen = rules if isinstance(rules, Rules) else Rules(SHIPBOB_RULES, rules)
    return ShipBobEmulator(clock or Clock(), rng or random.Random(0), chosen)
