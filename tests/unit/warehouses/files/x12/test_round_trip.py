"""Every order that the check lets pass is written, read back equal, and accepted by another parser.

`make formats` tries more of them.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from hypothesis import assume, given
from x12 import parse_x12_interchange, tokenize_x12

from cartage.model.orders import FulfillmentRequest
from cartage.warehouses.differences import content_differences
from cartage.warehouses.files.x12.format import X12Format
from cartage.warehouses.files.x12.settings import X12Settings
from tests.unit.warehouses.files.examples import many_examples
from tests.unit.warehouses.files.x12.any_order import ReadOrder, orders, partners, read_order
from tests.unit.warehouses.files.x12.helpers import AT, interchange


def letters(text: str, separators: str) -> str:
    """Return what must be left of a text for people: everything that is visible and separates nothing."""
    return "".join(
        character
        for character in text
        if character.isprintable() and not character.isspace() and character not in separators
    )


def separators_of(chosen: X12Settings) -> str:
    """Return the characters that separate in what is written."""
    mine = chosen.separators
    repetition = mine.repetition if chosen.release == "005010" else ""
    return mine.element + mine.terminator + mine.component + repetition


def plain(text: str) -> str:
    """Return a text without accents."""
    return "".join(each for each in unicodedata.normalize("NFD", text) if not unicodedata.combining(each))


@given(orders, partners)
@many_examples
def test_every_order_that_the_check_lets_pass_is_read_back_equal_and_accepted_by_another_parser(
    order: FulfillmentRequest, choices: dict[str, Any]
) -> None:
    chosen = X12Settings.model_validate(choices)
    reader = X12Format(chosen)
    assume(not reader.problems(order))
    content = reader.write([order, order], 7, AT).content
    assert reader.write([order, order], 7, AT).content == content
    strict = parse_x12_interchange(tokenize_x12(content))
    assert [len(group.transactions) for group in strict.groups] == [2]
    found = interchange(content, chosen.charset.value)
    assert not found.faults and not found.stray
    (group,) = found.groups
    assert not group.faults and not any(each.faults for each in group.sets)
    for each in group.sets:
        compare(read_order(each.content()), order, chosen)
    ours = reader.own_orders(content)
    assert ours is not None
    assert [found.reference for found in ours] == [order.reference] * 2
    assert not any(content_differences(order, [found]) for found in ours)


def compare(read: ReadOrder, order: FulfillmentRequest, chosen: X12Settings) -> None:
    """Compare an order with what was read of it: exactly what identifies, and every visible character of the rest."""

    separators = separators_of(chosen)

    def same(written: str, original: str) -> bool:
        pair = letters(written, separators), letters(original, separators)
        return pair[0] == pair[1] or (chosen.accents == "plain" and plain(pair[0]) == plain(pair[1]))

    assert (read.reference, read.number) == (order.reference, order.display_number.strip())
    address = order.ship_to
    named = bool(letters(address.name, separators))
    assert same(read.address["name"], address.name if named else address.company)
    if named and read.address["company"]:
        assert same(read.address["company"], address.company)
    for field in ("address1", "address2", "city", "state"):
        assert same(read.address[field], getattr(address, field))
    assert (read.address["zip_code"], read.address["country"]) == (address.zip_code, address.country)
    if chosen.orders.contact:
        assert same(read.address["phone"], address.phone)
        assert read.address["email"] == address.email
    if chosen.orders.note_rows:
        assert same(read.notes, order.notes)
    assert [(line.sku, line.quantity) for line in read.lines] == [
        (line.sku, line.quantity) for line in order.lines
    ]
    assert all(
        found.notes == line.notes.replace("\n", "")
        for found, line in zip(read.lines, order.lines, strict=True)
    )
    assert all(
        same(found.description, line.description) for found, line in zip(read.lines, order.lines, strict=True)
    )
    assert read.total == sum(line.quantity for line in order.lines)
