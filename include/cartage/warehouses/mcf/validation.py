"""Check an order without a call: missing parts, texts that are too long, what Amazon's API does not accept.

Each problem names a field, never its content, so that orders with the same fault share a cause.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from cartage.errors.problems import Problem, ProblemKind, field_too_long
from cartage.model.orders import FulfillmentRequest
from cartage.warehouses.mcf.settings import (
    LONGEST_COMMENT,
    LONGEST_ID,
    LONGEST_LINE_COMMENT,
    SPEEDS,
    McfSettings,
)
from cartage.warehouses.mcf.translate import address_lines, speed_of
from cartage.warehouses.requirements import missing_parts

# Limits of createFulfillmentOrder as documented.
_LONGEST_SKU = 50
_MOST_LINES, _MOST_UNITS = 100, 250
_POSTAL_CODE = "postal code"
_SHORTEN = "Shorten it in the store."
_LATIN_1_LAST = 0xFF
# An id with a space cannot be read again, and a plus is taken for one (amzn/selling-partner-api-models, issues 1845
# and 5374); a slash or a point alone would be another address.
_ASKABLE = re.compile(r"[!-*,\-.0-~]{1,40}")
_NOT_IDS = frozenset({".", "..", "preview"})


def can_ask(reference: str) -> bool:
    """Return whether the API can be asked for an order under this id."""
    return bool(_ASKABLE.fullmatch(reference)) and reference not in _NOT_IDS


def request_problems(request: FulfillmentRequest, settings: McfSettings) -> list[Problem]:
    """Return everything that is wrong with an order; each cause once."""
    missing = list(missing_parts(request))
    return list(
        dict.fromkeys(
            [
                *missing,
                *_postal_code(request, missing),
                *_names(request),
                *_lines(request),
                *_texts(request, settings),
                *_options(request, settings),
                *_speed(request, settings),
            ]
        )
    )


def _postal_code(request: FulfillmentRequest, missing: list[Problem]) -> Iterator[Problem]:
    """Yield a problem for an address in a country without postal codes: Amazon requires one everywhere."""
    if request.ship_to.zip_code.strip() or any(problem.subject == _POSTAL_CODE for problem in missing):
        return
    yield Problem(
        ProblemKind.ADDRESS_INCOMPLETE,
        _POSTAL_CODE,
        "the ship-to address has no postal code, which Amazon requires in every country",
        "Add it in the store; the order is then validated again.",
    )


def _names(request: FulfillmentRequest) -> Iterator[Problem]:
    """Yield what is wrong with the order's id and with the number that recipients read."""
    if len(request.reference) > LONGEST_ID:
        yield field_too_long("reference", LONGEST_ID, _SHORTEN)
    elif not can_ask(request.reference):
        yield _malformed("reference", "a space, a plus, or another character that Amazon cannot be asked for")
    number = request.display_number.strip()
    if len(number) > LONGEST_ID:
        yield field_too_long("order number", LONGEST_ID, _SHORTEN)
    if not number:
        yield _malformed("order number", "nothing")
    if "  " in number:
        yield _malformed("order number", "two spaces in a row")
    if any(ord(sign) > _LATIN_1_LAST for sign in number):
        yield _malformed("order number", "a character outside ISO 8859-1")


def _lines(request: FulfillmentRequest) -> Iterator[Problem]:
    if any(
        line.quantity != line.quantity.to_integral_value()
        for line in request.lines
        if line.quantity.is_finite()
    ):
        yield Problem(
            ProblemKind.QUANTITY_NOT_WHOLE,
            "quantity",
            "a line's quantity is not a whole number, and Amazon ships whole units only",
            "Correct the line in the store, or map its SKU with a quantity that makes it whole.",
        )
    if len(request.lines) > _MOST_LINES:
        yield _too_many("lines", _MOST_LINES)
    if sum((line.quantity for line in request.lines), Decimal(0)) > _MOST_UNITS:
        yield _too_many("units", _MOST_UNITS)
    if any(len(line.sku) > _LONGEST_SKU for line in request.lines):
        yield field_too_long("SKU", _LONGEST_SKU, "Map it to the seller SKU at Amazon.")


def _texts(request: FulfillmentRequest, settings: McfSettings) -> Iterator[Problem]:
    address, limits = request.ship_to, settings.limits
    fields = (
        ("receiver's name", [address.name.strip() or address.company.strip()], limits.name, "name"),
        ("line of the address", address_lines(address), limits.line, "line"),
        ("city", [address.city], limits.city, "city"),
        ("state", [address.state], limits.state, "state"),
        (_POSTAL_CODE, [address.zip_code], limits.zip_code, "zip_code"),
        ("telephone number", [address.phone], limits.phone, "phone"),
    )
    for name, texts, most, setting in fields:
        if any(len(text) > most for text in texts):
            fix = f"{_SHORTEN[:-1]}, or raise limits.{setting} in the lane's warehouse settings if Amazon accepts more."
            yield field_too_long(name, most, fix)
    if len(request.notes.strip()) > LONGEST_COMMENT:
        yield field_too_long("notes", LONGEST_COMMENT, _SHORTEN)


def _options(request: FulfillmentRequest, settings: McfSettings) -> Iterator[Problem]:
    """Yield what keeps a line's options from being printed. Nobody at Amazon reads them in order to act on them."""
    if not any(line.notes for line in request.lines):
        return
    if not settings.print_options:
        yield Problem(
            ProblemKind.OPTION_TEXT,
            "Amazon acts on no options",
            "a line has options that its SKU does not show, and Amazon ships items as they are",
            "If nobody need act on them, set print_options in the lane's warehouse settings: they are then printed on "
            "the packing slip. If their choices have SKUs in 3dcart, name the options in warehouse.options_in_sku.",
        )
    elif any(len(line.notes) > LONGEST_LINE_COMMENT for line in request.lines):
        yield field_too_long("options of a line", LONGEST_LINE_COMMENT, _SHORTEN)


def _speed(request: FulfillmentRequest, settings: McfSettings) -> Iterator[Problem]:
    if speed_of(request.ship_method, settings) is None:
        method = request.ship_method.shown
        yield Problem(
            ProblemKind.UNMAPPED_SHIP_METHOD,
            method,
            f"the ship method {method} names no delivery speed of Amazon's",
            f"Map it to one of the services {', '.join(SPEEDS)}, or set speed in the lane's warehouse settings.",
        )


def _malformed(field: str, has: str) -> Problem:
    return Problem(
        ProblemKind.MALFORMED_FIELD,
        f"{field}: {has}",
        f"{field}: Amazon does not accept {has}",
        "Correct it in the store.",
    )


def _too_many(what: str, most: int) -> Problem:
    return Problem(
        ProblemKind.FIELD_TOO_LONG,
        f"{what} (at most {most})",
        f"the order has more than {most} {what}, and Amazon accepts no more in one order",
        "Divide the order in the store.",
    )
