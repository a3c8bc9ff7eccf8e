"""Check an order without a call: missing parts, texts that are too long.

Each problem names a field, never its content, so that orders with the same fault share a cause.
"""

from __future__ import annotations

from collections.abc import Iterator

from cartage.errors.problems import Problem, field_too_long
from cartage.model.orders import FulfillmentRequest
from cartage.warehouses.extensiv.settings import ExtensivSettings
from cartage.warehouses.requirements import missing_parts

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
    "line_notes": "options of a line",
    "notes": "notes",
}


def request_problems(request: FulfillmentRequest, settings: ExtensivSettings) -> list[Problem]:
    """Return everything that is wrong with an order; each cause once."""
    return list(dict.fromkeys([*missing_parts(request), *_lengths(request, settings)]))


def _lengths(request: FulfillmentRequest, settings: ExtensivSettings) -> Iterator[Problem]:
    for field, most in settings.limits.model_dump().items():
        if any(len(text) > most for text in _texts(field, request)):
            yield _too_long(field, most, f"limits.{field}")
    if len(request.notes) > settings.notes_max_length:
        yield _too_long("notes", settings.notes_max_length, "notes_max_length")


def _texts(field: str, request: FulfillmentRequest) -> list[str]:
    """Return the texts that a limit is for."""
    match field:
        case "sku":
            return [line.sku for line in request.lines]
        case "line_notes":
            return [line.notes for line in request.lines]
        case "reference" | "display_number":
            return [getattr(request, field)]
        case _:
            return [getattr(request.ship_to, field)]


def _too_long(field: str, most: int, setting: str) -> Problem:
    return field_too_long(
        _NAMES[field],
        most,
        f"Shorten it in the store, or raise {setting} in the lane's warehouse settings if the warehouse accepts more.",
    )
