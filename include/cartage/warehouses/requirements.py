"""What an order must have whatever the warehouse: lines, SKUs, quantities, and an address that a carrier can use. Pure.

Each problem names a field, never its content, so that orders with the same fault share a cause.
"""

from __future__ import annotations

from collections.abc import Iterator

from cartage.errors.problems import EMPTY_SKU, NO_LINES, Problem, ProblemKind
from cartage.model.orders import Address, FulfillmentRequest

_WITH_STATES = {"US", "CA"}
# Countries and territories without postal codes, or where mail goes without one (UPU addressing guides).
# fmt: off
_WITHOUT_POSTAL_CODES = frozenset({
    "AE", "AG", "AO", "AW", "BF", "BI", "BJ", "BO", "BS", "BW", "BZ", "CD", "CF", "CG", "CI", "CK", "CM",
    "CW", "DJ", "DM", "ER", "FJ", "GA", "GD", "GH", "GM", "GN", "GQ", "GY", "HK", "IE", "JM", "KE", "KI",
    "KM", "KN", "KP", "LC", "LY", "ML", "MO", "MR", "MS", "MU", "MW", "NA", "NR", "NU", "PA", "QA", "RW",
    "SB", "SC", "SL", "SO", "SR", "ST", "SX", "SY", "TF", "TG", "TK", "TL", "TO", "TT", "TV", "TZ", "UG",
    "VU", "YE", "ZA", "ZW",
})
# fmt: on
_NAMES = {
    "address1": "first address line",
    "city": "city",
    "state": "state",
    "zip_code": "postal code",
    "country": "country",
}


def missing_parts(request: FulfillmentRequest) -> Iterator[Problem]:
    """Yield what an order does not have, or has in a form that nobody can ship."""
    yield from _lines(request)
    yield from _address(request.ship_to)


def _lines(request: FulfillmentRequest) -> Iterator[Problem]:
    if not request.lines:
        yield NO_LINES
    if any(not line.sku.strip() for line in request.lines):
        yield EMPTY_SKU
    if any(not line.quantity.is_finite() or line.quantity <= 0 for line in request.lines):
        yield Problem(
            ProblemKind.MALFORMED_FIELD,
            "quantity not positive",
            "a line's quantity is not above zero",
            "Correct the line in the store.",
        )


def _address(address: Address) -> Iterator[Problem]:
    if not (address.name.strip() or address.company.strip()):
        yield _missing("name or company")
    wanted = ["address1", "city", "country"]
    if address.country not in _WITHOUT_POSTAL_CODES:
        wanted.append("zip_code")
    if address.country in _WITH_STATES:
        wanted.append("state")
    for field in wanted:
        if not getattr(address, field).strip():
            yield _missing(_NAMES[field])


def _missing(what: str) -> Problem:
    return Problem(
        ProblemKind.ADDRESS_INCOMPLETE,
        what,
        f"the ship-to address has no {what}",
        "Complete the address in the store; the order is then validated again.",
    )
