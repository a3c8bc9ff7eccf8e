"""Check an order without a call: missing parts, texts that are too long, what ShipBob has no field for.

Each problem names a field, never its content, so that orders with the same fault share a cause. Limits are those of the
OpenAPI description of version 2026-01; texts without one there have none here.
"""

from __future__ import annotations

from collections.abc import Iterator

from cartage.errors.problems import Problem, ProblemKind, field_too_long
from cartage.model.orders import FulfillmentRequest
from cartage.warehouses.requirements import missing_parts
from cartage.warehouses.shipbob.settings import NotesField, ShipBobSettings
from cartage.warehouses.shipbob.translate import LARGEST_LINE, shipping_method

REFERENCE_LENGTH = 300
_GIFT_MESSAGE_LENGTH = 500
_SHORTEN = "Shorten it in the store. ShipBob accepts no longer one."


def request_problems(request: FulfillmentRequest, settings: ShipBobSettings) -> list[Problem]:
    """Return everything that is wrong with an order; each cause once."""
    found = [*missing_parts(request), *_lengths(request, settings), *_parts(request)]
    return list(dict.fromkeys(found))


def can_ask(reference: str) -> bool:
    """Return whether a search can have the reference. Commas separate references there; there is no other way."""
    return (
        0 < len(reference) <= REFERENCE_LENGTH
        and reference == reference.strip()
        and "," not in reference
        and reference.isprintable()
    )


def _lengths(request: FulfillmentRequest, settings: ShipBobSettings) -> Iterator[Problem]:
    address = request.ship_to
    for name, text, most in (
        ("reference", request.reference, REFERENCE_LENGTH),
        ("order number", request.display_number, 400),
        ("receiver's name", address.name or address.company, 300),
        ("telephone number", address.phone, 50),
    ):
        if len(text) > most:
            yield field_too_long(name, most, _SHORTEN)
    as_gift = settings.notes_field is NotesField.GIFT_MESSAGE
    most = min(settings.notes_max_length, _GIFT_MESSAGE_LENGTH if as_gift else settings.notes_max_length)
    if len(request.notes) > most:
        fix = "Shorten them in the store, or raise notes_max_length in the lane's warehouse settings"
        limit = f" (a gift message has at most {_GIFT_MESSAGE_LENGTH} characters)" if as_gift else ""
        yield field_too_long("notes", most, f"{fix}{limit}.")


def _parts(request: FulfillmentRequest) -> Iterator[Problem]:
    if len(request.reference) <= REFERENCE_LENGTH and not can_ask(request.reference):
        yield Problem(
            ProblemKind.MALFORMED_FIELD,
            "reference: a comma, a blank at its end, or a control character",
            "the order's reference cannot be searched for at ShipBob, whose searches separate references by commas",
            "Use Cartage's own references.",
        )
    if not shipping_method(request).strip():
        yield Problem(
            ProblemKind.UNMAPPED_SHIP_METHOD,
            "no shipping method",
            "the order has no shipping method, which ShipBob requires",
            "Map the store's ship method to the name of a shipping method at ShipBob.",
        )
    if any(line.quantity != int(line.quantity) for line in request.lines):
        yield Problem(
            ProblemKind.QUANTITY_NOT_WHOLE,
            "a quantity that is not whole",
            "a line has a quantity that is not whole, and ShipBob ships whole units only",
            "Correct the quantity in the store, or map the SKU with units that are whole.",
        )
    if any(line.quantity > LARGEST_LINE for line in request.lines):
        yield Problem(
            ProblemKind.MALFORMED_FIELD,
            "quantity too large",
            f"a line has a quantity above {LARGEST_LINE}, the largest that ShipBob reads",
            "Correct the quantity in the store.",
        )
    if any(line.notes for line in request.lines):
        yield Problem(
            ProblemKind.OPTION_TEXT,
            "no notes of a line",
            "a line has options that its SKU does not show, and ShipBob has no notes of a line",
            "If the choices have SKUs in 3dcart, name the options in warehouse.options_in_sku; otherwise send such "
            "orders to a warehouse that can make them.",
        )
