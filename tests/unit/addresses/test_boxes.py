"""PO boxes as buyers write them, and streets that only look like one."""

from __future__ import annotations

import time

import pytest

from cartage.addresses import address_keys, is_po_box, same_place
from cartage.model.orders import Address

BOXES = [
    "PO Box 12",
    "PO Box12",
    "P.O. Box 7",
    "P.O.Box 9",
    "p o box 3",
    "P.0. Box 3",
    "POB 44",
    "P.O.B. 44",
    "PO Bx 5",
    "PO Drawer 5",
    "Post Office Box 5",
    "Post Box 12",
    "Postbox 12",
    "GPO Box 9",
    "G.P.O. Box 9",
    "GPO 9",
    "Locked Bag 5",
    "Private Bag X12",
    "Postfach 10 20",
    "Postbus 7",
    "Boîte postale 12",
    "Case postale 12",
    "Apartado Postal 12",
    "Casilla 12",
    "Unit 2, PO BOX 8",
    "PO BOX #8",
]


@pytest.mark.parametrize("line", BOXES)
@pytest.mark.parametrize("field", ["address1", "address2", "company", "name"])
def test_a_po_box_is_recognised_in_every_spelling_and_line(line: str, field: str) -> None:
    assert is_po_box(Address(**{field: line}))


@pytest.mark.parametrize("filler", [" ", ".", "p", "p o ", "p. ", "1", "1 - ", "po", ",", "post "])
def test_a_line_of_any_length_is_read_at_once(filler: str) -> None:
    line = "p o" + filler * (100_000 // len(filler)) + "th"
    long = Address(address1=line, address2=line, city=line, state=line, zip_code=line, country="US")
    started = time.perf_counter()
    is_po_box(long)
    assert same_place(long, long)
    assert address_keys(long)["city"] == address_keys(long)["address1"]
    assert time.perf_counter() - started < 30  # Quadratic time would be minutes.


@pytest.mark.parametrize("line", ["P.O. 123", "PO 123", "po123", "Unit 2, P.O. 123"])
def test_a_po_number_is_a_box_where_it_is_the_street(line: str) -> None:
    assert is_po_box(Address(address1=line))


@pytest.mark.parametrize("field", ["address2", "company", "name"])
def test_in_another_line_a_po_number_is_a_purchase_order_unless_it_has_dots(field: str) -> None:
    assert is_po_box(Address(**{field: "P.O. 123"}))
    assert not is_po_box(Address(**{field: "PO 4455"}))
    assert not is_po_box(Address(**{field: "Acme, PO 4455"}))


@pytest.mark.parametrize(
    "line",
    [
        "12 Post Oak Box Rd",
        "Box 12, RR 3",
        "PSC 3 Box 12",
        "Compo Boxwood Lane 4",
        "PO Boxwood Lane 4",
        "Mailbox 3",
        "Pob Lane 2",
        "Via Po 12",
        "12 Post Box Lane",
        "100 Depot Box Street",
        "Postfachgasse",
    ],
)
@pytest.mark.parametrize("field", ["address1", "address2", "company", "name"])
def test_a_street_is_no_po_box(line: str, field: str) -> None:
    assert not is_po_box(Address(**{field: line}))
