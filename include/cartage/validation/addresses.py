"""Ship-to addresses that a lane or a carrier does not accept: countries, PO boxes, military post offices. Pure.

UPS and FedEx deliver to neither PO boxes nor military post offices, except by services that hand over to the post
(their service guides).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cartage.addresses import country_code, destination, destinations, is_military, is_po_box
from cartage.errors.problems import Problem, ProblemKind
from cartage.lanes.settings.checks import Checks
from cartage.model.orders import Address, ShipMethod
from cartage.model.wildcards import matches


def address_problems(address: Address, method: ShipMethod | None, checks: Checks) -> Iterator[Problem]:
    """Yield each reason why an order cannot ship to this address, in normal form; without a method no carrier counts.

    A territory of the US, such as Puerto Rico, is covered by the US and by its own code.
    """
    if address.country and not ships_to(address, checks.countries):
        yield _unsupported_country(destination(address))
    if method is None:
        return
    if is_po_box(address) and _refused(method, checks.no_po_box, checks.po_box_allowed):
        yield _po_box_problem(method)
    if is_military(address) and _refused(method, checks.no_military, checks.military_allowed):
        yield _military_problem(method)


def ships_to(address: Address, countries: Sequence[str]) -> bool:
    """Return whether an address in normal form is in one of the countries, which may be none: then it is."""
    return not countries or not destinations(address).isdisjoint(map(country_code, countries))


def _refused(method: ShipMethod, refusing: Sequence[str], allowed: Sequence[str]) -> bool:
    name = f"{method.carrier} {method.service}"
    refused = any(matches(pattern, name) for pattern in refusing)
    return refused and not any(matches(pattern, name) for pattern in allowed)


def _unsupported_country(country: str) -> Problem:
    return Problem(
        ProblemKind.UNSUPPORTED_COUNTRY,
        country,
        f"the lane does not ship to the country {country}",
        "Add it to checks.countries of the lane if it should; otherwise cancel the order in 3dcart.",
    )


def _po_box_problem(method: ShipMethod) -> Problem:
    shown = _shown(method)
    return Problem(
        ProblemKind.PO_BOX,
        shown,
        f"the address is a PO box, and {shown} does not deliver to PO boxes",
        "Ask the buyer for a street address and correct it in 3dcart, or give the order a postal ship method.",
    )


def _military_problem(method: ShipMethod) -> Problem:
    shown = _shown(method)
    return Problem(
        ProblemKind.MILITARY_ADDRESS,
        shown,
        f"the address is a military post office (APO, FPO, DPO), and {shown} does not deliver there",
        "Give the order a postal ship method in 3dcart, or list the service under checks.military_allowed of the lane.",
    )


def _shown(method: ShipMethod) -> str:
    return " ".join(filter(None, (method.carrier, method.service)))
