"""Warehouse access: the sign-in, the things that the lane's settings name, and the carriers that the lane uses."""

from __future__ import annotations

from collections.abc import Iterator

from cartage.errors import AuthFailed, NotSupported, PermissionDenied, SettingsError
from cartage.mappings.services import OfferedServices
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
from cartage.warehouses.checks import Inspected

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
    if inspected.warns:
        return warning(FindingKind.AT_WAREHOUSE, inspected.thing, inspected.text, inspected.fix)
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
    for row in offered.unreadable:
        what = f"it cannot be read ({row.what}), so what it offers is not known"
        yield unknown(FindingKind.NOT_CHECKED, row.name or "a carrier", what, "Ask the 3PL to correct it.")
    with context.ledger.begin() as connection:
        methods = mappings_of(connection, context.lane).methods
    services = OfferedServices(offered.items)
    used = dict.fromkeys((rule.method.carrier, rule.method.service) for rule in methods)
    found = [_service_finding(carrier, service, services) for carrier, service in used]
    yield from (finding for finding in found if finding)
    if not any(finding and finding.kind for finding in found):
        carriers = len({method.carrier for method in offered.items})
        yield ok("carriers", f"The warehouse offers {carriers} carriers, among them all that the lane uses.")


def _service_finding(carrier: str, service: str, services: OfferedServices) -> PreflightFinding | None:
    """Return what is wrong with a carrier and service of the lane's rules, or how it is sent if that is not obvious."""
    of_carrier = services.of_carrier(carrier)
    if not of_carrier:
        known = ", ".join(sorted({method.carrier for method in services.methods})) or "none"
        what = f"a ship method of the lane uses this carrier, but the warehouse does not offer it; it has {known}"
        return mistake(FindingKind.UNKNOWN_CARRIER, carrier, what, "Map it to one of these.")
    named = [method for method in of_carrier if method.service]
    if not service or not named:
        return None
    shown, matching = f"{carrier} {service}", services.matching(carrier, service)
    if not matching:
        what = f"the carrier has no such service at the warehouse; it has {', '.join(sorted(map(_named, named)))}"
        return warning(FindingKind.UNKNOWN_SERVICE, shown, what, "Map it to one of these.")
    if len(matching) > 1:
        codes = ", ".join(method.service for method in matching)
        what = f"several services of the carrier have this name at the warehouse: {codes}"
        return warning(FindingKind.UNKNOWN_SERVICE, shown, what, "Map it to the code of the right one.")
    code = matching[0].service
    return ok(shown, f"It is sent as the warehouse's code {code}.") if code != service else None


def _named(method: ShipMethod) -> str:
    return f"{method.title} ({method.service})" if method.title else method.service
