"""Warehouse access: the sign-in, what the lane's settings name there, and the carriers that the lane ships by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cartage.errors import AuthFailed, NotSupported, PermissionDenied, SettingsError
from cartage.mappings.ship_methods import normalised
from cartage.mappings.source import mappings_of
from cartage.model.orders import ShipMethod
from cartage.preflight.findings import (
    FindingKind,
    PreflightFinding,
    failure_text,
    mistake,
    not_seen,
    ok,
    unknown,
    warning,
)
from cartage.preflight.world import PreflightWorld
from cartage.warehouses.contract import Inspected

TITLE = "Warehouse access"


def check(world: PreflightWorld) -> Iterator[PreflightFinding]:
    """Sign in, look up what the settings name, and compare the lane's carriers with the warehouse's.

    Raises:
        RemoteError: if the warehouse could not be asked.
    """
    context = world.context
    connection = f"connection {context.lane.warehouse.connection!r}"
    try:
        seen = [_finding(one) for one in context.warehouse.inspect()]
    except (SettingsError, AuthFailed, PermissionDenied) as failure:
        what, fix = failure_text(failure)
        yield mistake(FindingKind.WAREHOUSE_SETTING, connection, what, fix)
        return
    yield from seen
    if len(seen) > 1 or not any(one.kind for one in seen):
        yield from _carriers(world)


def _finding(one: Inspected) -> PreflightFinding:
    if one.ok:
        return ok(one.thing, one.text)
    if one.ok is None:
        return unknown(FindingKind.NOT_SEEN, one.thing, one.text, one.fix)
    return mistake(FindingKind.WAREHOUSE_SETTING, one.thing, one.text, one.fix)


def _carriers(world: PreflightWorld) -> Iterator[PreflightFinding]:
    """Each carrier and service that the lane's rules name, among those that the warehouse offers."""
    context = world.context
    try:
        offered = context.warehouse.ship_methods()
    except (NotSupported, AuthFailed, PermissionDenied) as failure:
        yield not_seen("carriers", failure)
        return
    wrong = False
    with context.ledger.begin() as connection:
        methods = mappings_of(connection, context.lane).methods
    used = dict.fromkeys((rule.method.carrier, rule.method.service) for rule in methods)
    for carrier, service in used:
        if finding := _unoffered(carrier, service, offered):
            wrong = True
            yield finding
    if not wrong:
        carriers = len({method.carrier for method in offered})
        yield ok("carriers", f"The warehouse offers {carriers}, all that the lane ships by among them.")


def _unoffered(carrier: str, service: str, offered: Sequence[ShipMethod]) -> PreflightFinding | None:
    """Compared as the warehouse spells them, but for case and punctuation."""
    services = [method.service for method in offered if normalised(method.carrier) == normalised(carrier)]
    if not services:
        known = ", ".join(sorted({method.carrier for method in offered})) or "none"
        what = f"a ship method of the lane names this carrier, which the warehouse does not offer; it has {known}"
        return mistake(FindingKind.UNKNOWN_CARRIER, carrier, what, "Map it to one of these.")
    named = [service for service in services if service]
    if service and named and normalised(service) not in map(normalised, named):
        what = f"the carrier has no such service at the warehouse; it has {', '.join(sorted(named))}"
        return warning(FindingKind.UNKNOWN_SERVICE, f"{carrier} {service}", what, "Map it to one of these.")
    return None
