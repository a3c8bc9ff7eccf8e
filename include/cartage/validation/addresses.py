"""What of a ship-to address a lane or a carrier does not take: countries, PO boxes. Pure.

UPS and FedEx deliver to no PO box, except by services that the post completes (their service guides).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cartage.errors.problems import Problem, ProblemKind
from cartage.lanes.settings.checks import Checks
from cartage.model.orders import Address, ShipMethod
from cartage.model.wildcards import matches

# `PO Box 12`, `P.O. Box`, `p o box`, `POB 7`, `Post Office Box`; not `Box 12`, which may be a rural route's.
_PO_BOX = re.compile(
    r"\bp\.?\s*o\.?\s*box\b|\bpost(?:al)?\s+office\s+box\b|\bp\.?o\.?b\.?\s*#?\s*\d", re.IGNORECASE
)


def is_po_box(address: Address) -> bool:
    """Whether one of its lines names a post office box."""
    return any(_PO_BOX.search(line) for line in (address.address1, address.address2))


def address_problems(address: Address, method: ShipMethod | None, checks: Checks) -> Iterator[Problem]:
    """Each reason for which this address cannot be shipped to; without a method its carrier is not looked at."""
    country = address.country.upper()
    if checks.countries and country and country not in checks.countries:
        yield _unsupported(country)
    if method is not None and is_po_box(address) and _takes_no_po_box(method, checks):
        yield _po_box(method)


def _takes_no_po_box(method: ShipMethod, checks: Checks) -> bool:
    name = f"{method.carrier} {method.service}"
    refused = any(matches(pattern, name) for pattern in checks.no_po_box)
    return refused and not any(matches(pattern, name) for pattern in checks.po_box_allowed)


def _unsupported(country: str) -> Problem:
    return Problem(
        ProblemKind.UNSUPPORTED_COUNTRY,
        country,
        f"the lane does not ship to the country {country}",
        "Add it to checks.countries of the lane if it should; else cancel the order in 3dcart.",
    )


def _po_box(method: ShipMethod) -> Problem:
    shown = " ".join(filter(None, (method.carrier, method.service)))
    return Problem(
        ProblemKind.PO_BOX,
        shown,
        f"the address is a PO box, to which {shown} does not deliver",
        "Ask the buyer for a street address and correct it in 3dcart, or give the order a ship method of the post.",
    )
