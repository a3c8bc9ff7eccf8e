"""Ship-to addresses that a lane or a carrier does not accept: countries and PO boxes. Pure.

UPS and FedEx do not deliver to PO boxes, except by services that hand over to the post (their service guides).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cartage.errors.problems import Problem, ProblemKind
from cartage.lanes.settings.checks import Checks
from cartage.model.orders import Address, ShipMethod
from cartage.model.wildcards import matches

# `PO Box 12`, `P.O. Box`, `p o box`, `POB 7`, `Post Office Box`; not `Box 12`, which may belong to a rural route.
_PO_BOX = re.compile(
    r"\bp\.?\s*o\.?\s*box\b|\bpost(?:al)?\s+office\s+box\b|\bp\.?o\.?b\.?\s*#?\s*\d", re.IGNORECASE
)


def is_po_box(address: Address) -> bool:
    """Return whether one of the address lines names a post office box."""
    return any(_PO_BOX.search(line) for line in (address.address1, address.address2))


def address_problems(address: Address, method: ShipMethod | None, checks: Checks) -> Iterator[Problem]:
    """Yield each reason why an order cannot ship to this address; without a method no carrier is checked."""
    country = address.country.upper()
    if checks.countries and country and country not in checks.countries:
        yield _unsupported_country(country)
    if method is not None and is_po_box(address) and _refuses_po_boxes(method, checks):
        yield _po_box_problem(method)


def _refuses_po_boxes(method: ShipMethod, checks: Checks) -> bool:
    name = f"{method.carrier} {method.service}"
    refused = any(matches(pattern, name) for pattern in checks.no_po_box)
    return refused and not any(matches(pattern, name) for pattern in checks.po_box_allowed)


def _unsupported_country(country: str) -> Problem:
    return Problem(
        ProblemKind.UNSUPPORTED_COUNTRY,
        country,
        f"the lane does not ship to the country {country}",
        "Add it to checks.countries of the lane if it should; otherwise cancel the order in 3dcart.",
    )


def _po_box_problem(method: ShipMethod) -> Problem:
    shown = " ".join(filter(None, (method.carrier, method.service)))
    return Problem(
        ProblemKind.PO_BOX,
        shown,
        f"the address is a PO box, and {shown} does not deliver to PO boxes",
        "Ask the buyer for a street address and correct it in 3dcart, or give the order a postal ship method.",
    )
