"""Where the value of a written column comes from: the fields of an order, of its lines and of the file, and templates.

A template is a text with fields in braces, such as `{ship_method.carrier} {ship_method.service}`; a time may have a
format: `{file.at:%Y%m%d}`. Nothing else of Python's format language is understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from pydantic import TypeAdapter, ValidationError

from cartage.lanes.kinds import setting_error
from cartage.warehouses.files.profiles.settings.kinds import TimeFormat

CONSTANTS = "constants."


class FieldLevel(StrEnum):
    """What a field belongs to."""

    ORDER = "order"
    LINE = "line"
    FILE = "file"


# Field -> what it is. The manual prints them.
ORDER_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "reference": "Cartage's reference of the order; the warehouse must return it.",
        "order_number": "The store's order number, as the customer knows it.",
        "ordered_at": "When the order was placed (a time).",
        "order.position": "The order's place in the file, from 1.",
        "order.lines": "How many lines the order has.",
        "order.quantity": "The sum of its quantities.",
        "ship_to.name": "The receiver's name.",
        "ship_to.company": "The receiver's company.",
        "ship_to.company_or_name": "The company if there is one, else the name.",
        "ship_to.attention": "The name if there is a company, else empty.",
        "ship_to.address1": "First address line.",
        "ship_to.address2": "Second address line.",
        "ship_to.city": "City.",
        "ship_to.state": "State or province.",
        "ship_to.zip_code": "Postal code.",
        "ship_to.country": "Country, ISO 3166-1 alpha-2.",
        "ship_to.phone": "Telephone number.",
        "ship_to.email": "E-mail address.",
        "ship_method.carrier": "The carrier of the mapped ship method.",
        "ship_method.service": "Its service, as a code if the mapping has one.",
        "ship_method.code": "The service, or the carrier if there is no service.",
        "ship_method.scac": "The carrier's SCAC.",
        "ship_method.billing": "Who pays the carrier.",
        "ship_method.account": "The carrier account that pays.",
        "notes": "The texts for the warehouse that the lane selects.",
        "order.notes": "The same, and the options of each line with its SKU; for files without a column of a line.",
    }
)
LINE_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "line.position": "The line's place in its order, from 1.",
        "line.id": "The store's id of the line; a warehouse that returns it can ship one SKU of two lines.",
        "line.sku": "The warehouse's SKU.",
        "line.store_sku": "The store's SKU, if a mapping changed it; else the same.",
        "line.quantity": "The quantity.",
        "line.description": "The product's name.",
        "line.notes": "Options that the SKU does not show, such as an engraving; without a column for it, or "
        "for order.notes, such an order is blocked.",
    }
)
FILE_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "file.number": "The file's number, used once in the account.",
        "file.at": "When the file was first written (a time).",
        "file.orders": "How many orders the file has.",
        "file.lines": "How many lines its orders have.",
        "file.quantity": "The sum of all quantities.",
        "file.rows": "How many rows stand before the footer, without the headings.",
    }
)
_LEVELS: Mapping[FieldLevel, Mapping[str, str]] = MappingProxyType(
    {FieldLevel.ORDER: ORDER_FIELDS, FieldLevel.LINE: LINE_FIELDS, FieldLevel.FILE: FILE_FIELDS}
)
# Where the options of a line may stand; a file without any of these would drop them.
OPTION_FIELDS = frozenset({"line.notes", "order.notes"})
# Totals stand in a footer; a column of an order cannot know them.
TOTALS = frozenset({"file.lines", "file.quantity", "file.rows"})
TIMES = frozenset({"ordered_at", "file.at"})
_FIELD = re.compile(r"\{([^{}:]*)(?::([^{}]*))?\}")
_FORMAT = TypeAdapter[str](TimeFormat)


@dataclass(frozen=True, slots=True)
class TemplatePart:
    """A part of a template: plain text, or a field with the format of its time."""

    text: str = ""
    field: str = ""
    time_format: str = ""


def level_of(field: str) -> FieldLevel | None:
    """Return what a field belongs to; None if there is no such field. A constant belongs to the file."""
    if field.startswith(CONSTANTS):
        return FieldLevel.FILE
    return next((level for level, fields in _LEVELS.items() if field in fields), None)


def check_field(field: str) -> str:
    """Return the field.

    Raises:
        PydanticCustomError: if there is no such field.
    """
    if level_of(field) is None:
        known = [name for fields in _LEVELS.values() for name in fields]
        near = get_close_matches(field, known, n=1)
        fix = f"Did you mean {near[0]!r}?" if near else f"Known here: {', '.join(known)}, constants.NAME."
        raise setting_error(f"there is no field {field!r}", fix)
    return field


def check_template(template: str) -> str:
    """Return the template.

    Raises:
        PydanticCustomError: if it has a field that does not exist, or a brace that is not one of a field's.
    """
    for part in template_parts(template):
        if "{" in part.text or "}" in part.text:
            raise setting_error("has a brace without its other one", "Write fields as {reference}.")
        if not part.text:
            check_field(part.field)
        if part.time_format and part.field not in TIMES:
            raise setting_error(f"{part.field} is no time", "Only a time has a format after a colon.")
        try:
            _FORMAT.validate_python(part.time_format or "iso")
        except ValidationError:
            fix = "Write one such as {file.at:%Y%m%d%H%M%S}."
            raise setting_error(f"{part.time_format!r} is no format of a time", fix) from None
    return template


@cache
def template_parts(template: str) -> tuple[TemplatePart, ...]:
    """Return the parts of a template in their sequence."""
    parts, at = list[TemplatePart](), 0
    for found in _FIELD.finditer(template):
        if found.start() > at:
            parts.append(TemplatePart(text=template[at : found.start()]))
        parts.append(TemplatePart(field=found[1].strip(), time_format=found[2] or ""))
        at = found.end()
    if at < len(template):
        parts.append(TemplatePart(text=template[at:]))
    return tuple(parts)
