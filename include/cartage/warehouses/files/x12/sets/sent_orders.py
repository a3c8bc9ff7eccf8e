"""Read the 940s that Cartage wrote, where their file lies at the warehouse: evidence of their orders. Pure."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from cartage.model.orders import Address
from cartage.warehouses.contract import RemoteOrder, RemoteState
from cartage.warehouses.files.x12.sets import ship_order
from cartage.warehouses.files.x12.settings import OrderSettings
from cartage.warehouses.files.x12.syntax.envelopes import SetContent, read_text
from cartage.warehouses.files.x12.syntax.segments import Segment, value

_SHIP_TO = "ST"


def read_sent_orders(text: str, settings: OrderSettings) -> tuple[RemoteOrder, ...] | None:
    """Return the new orders of a file; None if it has no 940, or one that cannot be read.

    A file that cancels orders has none: it is no evidence that the warehouse has them.
    """
    sets = [
        found
        for interchange in read_text(text).interchanges
        for group in interchange.groups
        for found in group.sets
        if found.code == ship_order.CODE
    ]
    if not sets or any(found.faults for found in sets):
        return None
    contents = [found.content() for found in sets]
    codes = [value(content.first("W05"), 1) for content in contents]
    if any(code not in {settings.new_code, settings.cancel_code} or not code for code in codes):
        return None
    new = (content for content, code in zip(contents, codes, strict=True) if code == settings.new_code)
    try:
        return tuple(_order(content) for content in new)
    except InvalidOperation:
        return None


def _order(content: SetContent) -> RemoteOrder:
    reference = value(content.first("W05"), 2)
    lines = tuple((value(row, 5), Decimal(value(row, 1))) for row in content.all("W01"))
    return RemoteOrder(reference, reference, RemoteState.OPEN, lines, _ship_to(content))


def _ship_to(content: SetContent) -> Address:
    """Return the address below N1*ST; further parties have rows of their own before it."""
    rows: dict[str, Segment] = {}
    inside = False
    for segment in content.segments():
        if segment[0] == "N1":
            inside = value(segment, 1) == _SHIP_TO
        if inside:
            rows.setdefault(segment[0], segment)
    street, place = rows.get("N3", []), rows.get("N4", [])
    return Address(
        name=value(rows.get("N1", []), 2),
        company=value(rows.get("N2", []), 1),
        address1=value(street, 1),
        address2=value(street, 2),
        city=value(place, 1),
        state=value(place, 2) or value(place, 6),
        zip_code=value(place, 3),
        country=value(place, 4),
    )
