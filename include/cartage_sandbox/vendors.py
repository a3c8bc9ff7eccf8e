"""The emulated warehouses of vendors, by the name of the connector that each is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.rules import RuleValue

if TYPE_CHECKING:
    from starlette.types import ASGIApp

Rules = Mapping[str, RuleValue]


@dataclass(frozen=True)
class Vendor:
    """An emulated account. `access` has what a client needs besides the address.

    `put` gives the account an item: SKU, description, units. `signs_in_at` names the address where a client signs in,
    if that is another one than the API's.
    """

    app: ASGIApp
    access: Mapping[str, Any]
    put: Callable[[str, str, int], object]
    signs_in_at: str = ""

    def described(self, url: str) -> dict[str, Any]:
        """Return everything that a client needs, where the account is served at `url`."""
        return {"url": url, **({self.signs_in_at: url} if self.signs_in_at else {}), **self.access}

    def fill(self, items: Sequence[Sequence[str]], units: int) -> None:
        """Let the account have so many units of each item, given as SKU and description."""
        for sku, description in items:
            self.put(sku, description, units)


def open_vendor(name: str, clock: Clock, rng: Random, rules: Rules) -> Vendor:
    """Return a vendor's emulator, not yet served.

    Raises:
        ValueError: for an unknown vendor, rule or value.
    """
    if name not in _VENDORS:
        raise ValueError(f"no vendor {name!r}; there are {', '.join(_VENDORS)}")
    return _VENDORS[name](clock, rng, rules)


def _extensiv(clock: Clock, rng: Random, rules: Rules) -> Vendor:
    from cartage_sandbox.extensiv import (
        DEFAULT_CREDENTIAL,
        DEFAULT_CUSTOMER_ID,
        DEFAULT_FACILITY_ID,
        create_warehouse,
    )

    emulator = create_warehouse(clock=clock, rng=rng, rules=rules)
    credential = {name: value for name, value in asdict(DEFAULT_CREDENTIAL).items() if name != "roles"}
    access = {"customer_id": DEFAULT_CUSTOMER_ID, "facility_id": DEFAULT_FACILITY_ID, **credential}

    def put(sku: str, description: str, units: int) -> None:
        row = {"sku": sku, "description": description, "qty": units}
        emulator.state.catalogue.put_item(row, clock.now())

    return Vendor(emulator.app, access, put)


def _shipbob(clock: Clock, rng: Random, rules: Rules) -> Vendor:
    from cartage_sandbox.shipbob import DEFAULT_CHANNEL_ID, DEFAULT_CLIENT, DEFAULT_TOKEN, create_shipbob

    emulator = create_shipbob(clock=clock, rng=rng, rules=rules)
    access = {"token": DEFAULT_TOKEN, "channel_id": DEFAULT_CHANNEL_ID, "application": asdict(DEFAULT_CLIENT)}

    def put(sku: str, description: str, units: int) -> None:
        emulator.state.put_item({"sku": sku, "name": description, "quantity": units})

    return Vendor(emulator.app, access, put, signs_in_at="auth_address")


def _mcf(clock: Clock, rng: Random, rules: Rules) -> Vendor:
    from cartage_sandbox.mcf import DEFAULT_APPLICATION, MARKETPLACE_ID, create_seller_account

    emulator = create_seller_account(clock=clock, rng=rng, rules=rules)
    application = {name: value for name, value in asdict(DEFAULT_APPLICATION).items() if name != "roles"}
    access = {"marketplace": "US", "marketplace_id": MARKETPLACE_ID, **application}

    def put(sku: str, description: str, units: int) -> None:
        emulator.state.put_goods({"sku": sku, "description": description, "qty": units})

    return Vendor(emulator.app, access, put, signs_in_at="login_address")


_VENDORS: Mapping[str, Callable[[Clock, Random, Rules], Vendor]] = {
    "extensiv": _extensiv,
    "shipbob": _shipbob,
    "mcf": _mcf,
}
