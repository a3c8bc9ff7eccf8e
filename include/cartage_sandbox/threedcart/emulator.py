"""The emulated store as one object: the kernel serves it, and tests in the same process hold it.

No global state: clock, randomness and rules are passed in, and two stores are independent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from cartage_sandbox.kernel.app import build_app
from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.faults import Faults
from cartage_sandbox.kernel.journal import Journal
from cartage_sandbox.kernel.rules import Rules, RuleValue
from cartage_sandbox.threedcart.api.front import Front
from cartage_sandbox.threedcart.api.orders import OrderRoutes
from cartage_sandbox.threedcart.api.products import ProductRoutes
from cartage_sandbox.threedcart.api.results import Results
from cartage_sandbox.threedcart.api.routing import Routing
from cartage_sandbox.threedcart.api.shop import ShopRoutes
from cartage_sandbox.threedcart.control.admin import Admin
from cartage_sandbox.threedcart.control.interventions import Interventions
from cartage_sandbox.threedcart.control.oracle import DEFAULT_FIELDS, described, overview
from cartage_sandbox.threedcart.control.population import Population, Wanted
from cartage_sandbox.threedcart.control.routes import StoreControl
from cartage_sandbox.threedcart.data.checkout import Checkout
from cartage_sandbox.threedcart.data.credentials import Credentials
from cartage_sandbox.threedcart.data.order_writes import OrderWriter
from cartage_sandbox.threedcart.data.state import StoreState
from cartage_sandbox.threedcart.rules import RULES

API = "3dcart"


class StoreEmulator:
    """An emulated 3dcart store. Any thread may call its methods while it is served."""

    # Credentials come in headers, which the journal never stores.
    unrecorded: Collection[str] = ()

    def __init__(self, clock: Clock, rng: Random, rules: Rules, credentials: Credentials) -> None:
        self.clock, self.rules, self.credentials = clock, rules, credentials
        self.journal, self.faults = Journal(clock, API), Faults()
        self.state = StoreState(clock, self.journal, rules, rng)
        self.population = Population(self.state)
        writer, results = OrderWriter(self.state), Results(rules, rng)
        self._admin = Admin(self.state, writer)
        self.interventions = Interventions(self.state, self._admin)
        routing = Routing(
            OrderRoutes(self.state, writer, results),
            ProductRoutes(self.state, results),
            ShopRoutes(self.state, credentials.secure_url),
        )
        self._front = Front(self.state, credentials, routing, results, self.interventions)
        self._control = StoreControl(
            self.state, credentials, self._admin, self.interventions, self.population
        )
        self.app: Starlette = build_app(self, clock, self.journal, self.faults, rules)

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes of the emulated API."""
        return self._front.routes()

    def control_routes(self) -> Sequence[BaseRoute]:
        """Return this emulator's additions under /_sandbox."""
        return self._control.routes()

    def place(self, orders: Sequence[Any], *, raw: bool = False, kind: str = "") -> list[int]:
        """Store orders, completed unless `raw`. Return their OrderIDs."""
        with self.state.lock:
            return [self.state.place(each, fill=not raw, kind=kind) for each in orders]

    def buy(self, lines: Sequence[Mapping[str, Any]], **order: Any) -> int:
        """Check out as a shopper; see `Checkout.buy`. Raises OutOfStock."""
        with self.state.lock:
            return Checkout(self.state).buy(lines, order)

    def generate(
        self,
        orders: int,
        *,
        seed: int = 1,
        start: datetime | None = None,
        end: datetime | None = None,
        mix: Mapping[str, float] | None = None,
        products: int = 0,
    ) -> dict[str, Any]:
        """Generate orders of [start, end), by default the last seven days; see `Population.grow`."""
        end = end or self.clock.now()
        wanted = Wanted(seed, orders, start or end - timedelta(days=7), end, mix, products)
        with self.state.lock:
            return self.population.grow(wanted)

    def edit(self, order_id: int, **changes: Any) -> None:
        """Set an order's keys as a person in the admin. Raises KeyError for an unknown order."""
        with self.state.lock:
            self._admin.edit(order_id, changes)

    def order(self, order_id: int) -> Any:
        """Return the actual state of an order. Raises KeyError."""
        with self.state.lock:
            return described(self.state, order_id)["order"]

    def overview(self, fields: Sequence[str] = DEFAULT_FIELDS) -> list[dict[str, Any]]:
        """Return some fields of every order, ascending by OrderID."""
        with self.state.lock:
            rows: list[dict[str, Any]] = overview(self.state, fields)["orders"]
            return rows


def create_store(
    clock: Clock | None = None,
    rng: Random | None = None,
    rules: Mapping[str, RuleValue] | None = None,
    credentials: Credentials | None = None,
) -> StoreEmulator:
    """Return a store without orders. `rules` override the defaults of `RULES` by name (RuleError)."""
    return StoreEmulator(
        clock or Clock(), rng or Random(0), Rules(RULES, rules), credentials or Credentials()
    )
