"""Warehouse access: the sign-in, the things that the lane's settings name, and the carriers that the lane uses."""

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
    not_checked,
    ok,
    unknown,
    warning,
)
from cartage.preflight.world import PreflightWorld
from cartage.warehouses.contract import Inspected

TITLE = "Warehouse access"


def check(world: PreflightWorld) -> Iterator[PreflightFinding]:
    """Sign in, look up the things in the settings, and compare the lane's carriers with the warehouse's.

    Raises:
        RemoteError: if the warehouse cannot be asked.
    """
    context = world.context
    connection = f"connection {context.lane.warehouse.connection!r}"
    try:
        inspected = [_inspection_finding(thing) for thing in context.warehouse.inspect()]
    except (SettingsError, AuthFailed, PermissionDenied) as failure:
        what, fix = failure_text(failure)
        yield mistake(FindingKind.WAREHOUSE_SETTING, connection, what, fix)
        return
    yield from inspected
    if len(inspected) > 1 or not any(finding.kind for finding in inspected):
        yield from _carrier_findings(world)


def _inspection_finding(inspected: Inspected) -> PreflightFinding:
    if inspected.ok:
        return ok(inspected.thing, inspected.text)
    if inspected.ok is None:
        return unknown(FindingKind.NOT_CHECKED, inspected.thing, inspected.text, inspected.fix)
    return mistake(FindingKind.WAREHOUSE_SETTING, inspected.thing, inspected.text, inspected.fix)


def _carrier_findings(world: PreflightWorld) -> Iterator[PreflightFinding]:
    """Check that the warehouse offers each carrier and service of the lane's rules."""
    context = world.context
    try:
        offered = context.warehouse.ship_methods()
    except (NotSupported, AuthFailed, PermissionDenied) as failure:
        yield not_checked("carriers", failure)
        return
    has_findings = False
    with context.ledger.begin() as connection:
        methods = mappings_of(connection, context.lane).methods
    used = dict.fromkeys((rule.method.carrier, rule.method.service) for rule in methods)
    for carrier, service in used:
        if finding := _not_offered(carrier, service, offered):
            has_findings = True
            yield finding
    if not has_findings:
        carriers = len({method.carrier for method in offered})
        yield ok("carriers", f"The warehouse offers {carriers} carriers, among them all that the lane uses.")


def _not_offered(carrier: str, service: str, offered: Sequence[ShipMethod]) -> PreflightFinding | None:
    """Return what the warehouse does not offer, if so; names are compared without case and punctuation."""
    services = [method.service for method in offered if normalised(method.carrier) == normalised(carrier)]
    if not services:
        known = ", ".join(sorted({method.carrier for method in offered})) or "none"
        what = f"a ship method of the lane uses this carrier, but the warehouse does not offer it; it has {known}"
        return mistake(FindingKind.UNKNOWN_CARRIER, carrier, what, "Map it to one of these.")
    named = [service for service in services if service]
    if service and named and normalised(service) not in map(normalised, named):
        what = f"the carrier has no such service at the warehouse; it has {', '.join(sorted(named))}"
        return warning(FindingKind.UNKNOWN_SERVICE, f"{carrier} {service}", what, "Map it to one of these.")
    return None
