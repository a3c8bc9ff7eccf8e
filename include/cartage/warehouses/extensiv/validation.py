"""Check an order without a call: missing parts, texts that are too long.

Each problem names a field, never its content, so that orders with the same fault share a cause.
"""

from __future__ import annotations

from collections.abc import Iterator

from cartage.errors.problems import EMPTY_SKU, NO_LINES, Problem, ProblemKind, field_too_long
from cartage.model.orders import Address, FulfillmentRequest
from cartage.warehouses.extensiv.settings import ExtensivSettings

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
    "reference": "reference",
    "display_number": "order number",
    "name": "receiver's name",
    "company": "company",
    "address1": "first address line",
    "address2": "second address line",
    "city": "city",
    "state": "state",
    "zip_code": "postal code",
    "country": "country",
    "phone": "telephone number",
    "email": "e-mail address",
    "sku": "SKU",
    "notes": "notes",
}


def request_problems(request: FulfillmentRequest, settings: ExtensivSettings) -> list[Problem]:
    """Return everything that is wrong with an order; each cause once."""
    return list(dict.fromkeys([*_lines(request), *_address(request.ship_to), *_lengths(request, settings)]))


def _lines(request: FulfillmentRequest) -> Iterator[Problem]:
    if not request.lines:
        yield NO_LINES
    if any(not line.sku.strip() for line in request.lines):
        yield EMPTY_SKU
    if any(line.quantity <= 0 for line in request.lines):
        yield Problem(
            ProblemKind.MALFORMED_FIELD,
            "quantity not positive",
            "a line's quantity is zero or less",
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


def _lengths(request: FulfillmentRequest, settings: ExtensivSettings) -> Iterator[Problem]:
    limits, address = settings.limits.model_dump(), request.ship_to
    for field, most in limits.items():
        texts = [line.sku for line in request.lines] if field == "sku" else [_text(field, request, address)]
        if any(len(text) > most for text in texts):
            yield _too_long(field, most, f"limits.{field}")
    if len(request.notes) > settings.notes_max_length:
        yield _too_long("notes", settings.notes_max_length, "notes_max_length")


def _text(field: str, request: FulfillmentRequest, address: Address) -> str:
    text: str = getattr(request if field in {"reference", "display_number"} else address, field)
    return text


def _too_long(field: str, most: int, setting: str) -> Problem:
    return field_too_long(
        _NAMES[field],
        most,
        f"Shorten it in the store, or raise {setting} in the lane's warehouse settings if the warehouse accepts more.",
    )
