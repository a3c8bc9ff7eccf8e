"""An emulated seller account at Amazon with Multi-Channel Fulfillment, built from its parts.

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
from cartage_sandbox.mcf.api.call import Gate
from cartage_sandbox.mcf.api.inventory import InventoryApi
from cartage_sandbox.mcf.api.outbound import OutboundApi
from cartage_sandbox.mcf.control import ControlApi
from cartage_sandbox.mcf.data.state import SellerState
from cartage_sandbox.mcf.operations.floor import Floor
from cartage_sandbox.mcf.operations.order_desk import OrderDesk
from cartage_sandbox.mcf.operations.tokens import Application, GrantRefused, LoginDesk
from cartage_sandbox.mcf.parts import SellerParts
from cartage_sandbox.mcf.rules import MCF_RULES

API = "mcf"
# Login with Amazon has a host of its own; here the same server also serves its path.
TOKEN_PATH = "/auth/o2/token"  # noqa: S105 - a path

DEFAULT_APPLICATION = Application(
    client_id="amzn1.application-oa2-client.5d1c7e90b2f64a3c8e77",
    client_secret="amzn1.oa2-cs.v1.sandbox-secret-of-the-application",  # noqa: S106 - opens the sandbox alone
    refresh_token="Atzr|sandbox-refresh-token-of-the-seller",  # noqa: S106 - as above
)


class SellerEmulator:
    """A seller account. `app` is the ASGI app, `state` what it holds; `floor` does Amazon's work."""

    def __init__(self, clock: Clock, rng: random.Random, rules: Rules) -> None:
        self.clock, self.rules = clock, rules
        self.journal = Journal(clock, API)
        self.faults = Faults()
        self.state = SellerState(clock, rng, rules, self.journal)
        self.floor = Floor(self.state)
        self.desk = OrderDesk(self.state, self.floor)
        self.login = LoginDesk(self.state, DEFAULT_APPLICATION)
        self._parts = SellerParts(self.state, self.floor, self.desk, self.login)
        self.app: Starlette = build_app(self, clock, self.journal, self.faults, rules)

    @property
    def unrecorded(self) -> Collection[str]:
        """Keep the token endpoint's bodies out of the journal."""
        return (TOKEN_PATH,)

    def routes(self) -> list[BaseRoute]:
        """Return the emulated APIs' routes."""
        gate = Gate(self._parts)
        token = Route(TOKEN_PATH, self._token, methods=["POST"])
        return [token, *OutboundApi(self._parts, gate).routes(), *InventoryApi(self._parts, gate).routes()]

    def control_routes(self) -> list[BaseRoute]:
        """Return the additions to the control API."""
        return ControlApi(self._parts).routes()

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode("latin-1")))
        try:
            return json_response(self.login.issue(form))
        except GrantRefused as refusal:
            return json_response(refusal.body, refusal.status)


def create_seller_account(
    *,
    clock: Clock | None = None,
    rng: random.Random | None = None,
    rules: Rules | Mapping[str, RuleValue] | None = None,
) -> SellerEmulator:
    """Return a new emulator. `rules` are overrides by name; without `rng` the seed is 0.

    Raises RuleError for an unknown rule or value.
    """
    chosen = rules if isinstance(rules, Rules) else Rules(MCF_RULES, rules)
    return SellerEmulator(clock or Clock(), rng or random.Random(0), chosen)
