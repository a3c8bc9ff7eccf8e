"""The 945: references, tracking numbers and quantities, wherever the partner writes them."""

from __future__ import annotations

from typing import Any

import pytest

from cartage.model.orders import Shipment
from cartage.warehouses.documents import AcceptedOrder, RejectedOrder
from tests.unit.warehouses.files.x12.helpers import contents, from_partner, read, shipped

UPS, UPS_2, UPS_3 = "1Z999AA10123456784", "1Z999AA10123456793", "1Z999AA10123456800"
MUGS = "W12*CC*2*2*0*EA**SK*MUG-RED"
TEA = "W12*CC*1*1*0*EA**SK*TEA-100G"


def shipment(content: str, **changes: Any) -> Shipment:
    found = read(content, **changes)
    assert not found.unreadable and not found.quarantined
    (only,) = found.shipments
    return only


def numbers(found: Shipment) -> list[str]:
    return [package.tracking for package in found.packages]


@pytest.mark.parametrize(
    ("place", "header", "loop"),
    [
        ("MAN*CP", (), f"MAN*CP*{UPS}"),
        ("MAN*CN", (), f"MAN*ZZ*UPS GROUND**CN*{UPS}"),
        ("MAN*GM", (), f"MAN*GM*{UPS}"),
        ("N9*2I", (f"N9*2I*{UPS}",), "N9*ZZ*X"),
        ("N9*CN", (), f"N9*CN*{UPS}"),
        ("W27-03", (f"W27*U*UPSN*{UPS}",), "N9*ZZ*X"),
        ("REF*CN", (f"REF*CN*{UPS}",), "N9*ZZ*X"),
    ],
)
def test_a_tracking_number_is_found_at_every_place_that_the_settings_name(
    place: str, header: tuple[str, ...], loop: str
) -> None:
    found = shipment(shipped(*header, "LX*1", loop, MUGS), shipments={"tracking_places": [place]})
    assert numbers(found) == [UPS]
    assert found.packages[0].contents == contents(("MUG-RED", "2"))


@pytest.mark.parametrize("place", ["W06-04", "W06-05"])
def test_a_tracking_number_can_be_in_the_first_segment(place: str) -> None:
    begin = (
        f"W06*F*A3_31882_0*20261102*{UPS if place == 'W06-04' else 'S'}*{UPS if place == 'W06-05' else ''}"
    )
    found = shipment(shipped("LX*1", MUGS, begin=begin), shipments={"tracking_places": [place]})
    assert numbers(found) == [UPS]


def test_a_note_in_the_place_of_a_number_is_none() -> None:
    assert numbers(shipment(shipped("N9*2I*N/A", "LX*1", MUGS))) == [""]


def test_lines_with_one_number_are_one_package() -> None:
    found = shipment(shipped("LX*1", f"MAN*CP*{UPS}", MUGS, "LX*2", f"MAN*CP*{UPS}", TEA))
    (package,) = found.packages
    assert package.contents == contents(("MUG-RED", "2"), ("TEA-100G", "1"))


def test_of_several_numbers_of_a_line_the_first_has_its_contents() -> None:
    found = shipment(
        shipped("LX*1", f"MAN*CP*{UPS}", f"MAN*CP*{UPS_2}", MUGS, "LX*2", f"MAN*CP*{UPS_2}", TEA)
    )
    assert [(package.tracking, package.contents) for package in found.packages] == [
        (UPS, contents(("MUG-RED", "2"))),
        (UPS_2, contents(("TEA-100G", "1"))),
    ]
    alone = shipment(shipped("LX*1", f"MAN*CP*{UPS}", f"MAN*CP*{UPS_2}", MUGS))
    assert [package.contents for package in alone.packages] == [contents(("MUG-RED", "2")), None]


def test_a_number_of_the_header_covers_what_no_carton_has_and_else_is_a_master_number() -> None:
    mixed = shipment(shipped(f"N9*2I*{UPS_3}", "LX*1", f"MAN*CP*{UPS}", MUGS, "LX*2", TEA))
    assert [(package.tracking, package.contents) for package in mixed.packages] == [
        (UPS, contents(("MUG-RED", "2"))),
        (UPS_3, contents(("TEA-100G", "1"))),
    ]
    master = shipment(shipped(f"N9*2I*{UPS_3}", "LX*1", f"MAN*CP*{UPS}", MUGS))
    assert numbers(master) == [UPS]


def test_cartons_with_marks_take_the_numbers_of_the_header_in_turn() -> None:
    cartons = ("LX*1", "MAN*GM*000111", MUGS, "LX*2", "MAN*GM*000222", TEA)
    each = shipment(shipped(f"N9*2I*{UPS}", f"N9*2I*{UPS_2}", *cartons))
    assert [(package.key, package.tracking) for package in each.packages] == [
        ("mark 000111", UPS),
        ("mark 000222", UPS_2),
    ]
    one_number = shipment(shipped(f"N9*2I*{UPS}", *cartons))
    assert [(package.key, package.tracking, package.contents) for package in one_number.packages] == [
        ("mark 000111", "", contents(("MUG-RED", "2"))),
        ("mark 000222", "", contents(("TEA-100G", "1"))),
        (UPS, UPS, None),
    ]


def test_a_mark_that_is_another_cartons_number_is_a_package_of_its_own() -> None:
    found = shipment(shipped("LX*1", f"MAN*GM*{UPS}", MUGS, "LX*2", f"MAN*CP*{UPS}", TEA))
    assert [(package.key, package.tracking) for package in found.packages] == [
        (f"mark {UPS}", ""),
        (UPS, UPS),
    ]


def test_items_without_any_loop_are_read() -> None:
    found = shipment(shipped(f"N9*2I*{UPS}", MUGS, TEA))
    assert numbers(found) == [UPS]
    assert found.lines == contents(("MUG-RED", "2"), ("TEA-100G", "1"))


def test_our_reference_is_read_where_the_settings_say_and_in_our_letter_case() -> None:
    begin = "W06*F*4711*20261102*SHP*AG*a3_31882_0"
    places = {"reference_places": ["N9*CO", "W06-06"]}
    assert shipment(shipped("LX*1", MUGS, begin=begin), shipments=places).reference == "A3_31882_0"
    with_n9 = shipped("N9*CO*A3_9_0", "LX*1", MUGS, begin=begin)
    assert shipment(with_n9, shipments=places).reference == "A3_9_0"


def test_a_number_of_another_system_keeps_its_letter_case() -> None:
    begin = "W06*F*Web-1001*20261102*SHP"
    assert shipment(shipped("LX*1", MUGS, begin=begin)).reference == "Web-1001"


def test_the_ship_date_is_local_and_may_be_in_its_own_row() -> None:
    found = shipment(shipped("LX*1", MUGS), time_zone="America/Los_Angeles")
    assert found.shipped_at is not None and found.shipped_at.isoformat() == "2026-11-02T08:00:00+00:00"
    row = shipment(shipped("G62*11*20261103*8*1430", "LX*1", MUGS, begin="W06*F*A3_31882_0"))
    assert row.shipped_at is not None and row.shipped_at.isoformat() == "2026-11-03T14:30:00+00:00"
    assert shipment(shipped("LX*1", MUGS, begin="W06*F*A3_31882_0*00010101")).shipped_at is None


@pytest.mark.parametrize(
    ("line", "final"),
    [
        ("W12*CC*5*5*0*EA**SK*MUG-RED", True),
        ("W12*SH*5*5**EA**SK*MUG-RED", True),
        ("W12*CP*5*5*0*EA**SK*MUG-RED", False),
        ("W12*CC*5*3*2*EA**SK*MUG-RED", False),
        ("W12*CC**3*2*EA**SK*MUG-RED", False),
        ("W12*CC**3**EA**SK*MUG-RED", True),
    ],
)
def test_a_short_line_leaves_the_order_open_unless_short_is_final(line: str, final: bool) -> None:
    content = shipped("LX*1", line)
    assert shipment(content).final is final
    assert shipment(content, shipments={"short_is_final": True}).final


def test_an_item_in_several_cartons_is_counted_together() -> None:
    cartons = [
        f"LX*{place}~\nMAN*CP*{number}~\nW12*CC*3*1*0*EA**SK*MUG-RED"
        for place, number in ((1, UPS), (2, UPS_2), (3, UPS_3))
    ]
    whole = from_partner([("945", ["W06*F*A3_31882_0", *"~\n".join(cartons).split("~\n")])])
    assert shipment(whole).final
    part = from_partner([("945", ["W06*F*A3_31882_0", *"~\n".join(cartons[:2]).split("~\n")])])
    assert not shipment(part).final


def test_an_order_of_which_nothing_shipped_is_known_or_closed() -> None:
    content = shipped("LX*1", "W12*CP*2*0*2*EA**SK*MUG-RED")
    assert read(content).accepted == (AcceptedOrder("A3_31882_0", "SHP-1"),)
    assert read(content, shipments={"short_is_final": True}).rejected == (
        RejectedOrder("A3_31882_0", "the warehouse closed it without shipping anything", "SHP-1"),
    )


def test_a_code_of_the_partner_can_say_that_an_order_is_given_up() -> None:
    content = shipped("LX*1", MUGS, begin="W06*C*A3_31882_0*20261102*SHP-1")
    found = read(content, shipments={"cancel_codes": ["C"]})
    assert found.rejected == (RejectedOrder("A3_31882_0", "the warehouse cancelled it (W06-01 C)", "SHP-1"),)
    assert not found.shipments


def test_the_shipped_quantity_follows_from_the_difference_where_it_is_missing() -> None:
    assert shipment(shipped("LX*1", "W12*CP*5**2*EA**SK*MUG-RED")).lines == contents(("MUG-RED", "3"))


def test_cases_count_by_their_pack() -> None:
    content = shipped("LX*1", "W12*CC*2*2*0*CA**SK*MUG-RED")
    assert shipment(content, items={"packs": {"mug-red": 12}}).lines == contents(("MUG-RED", "24"))


def test_the_sku_is_the_number_with_the_first_qualifier_of_the_settings() -> None:
    line = "W12*CC*1*1*0*EA**UP*012345678905" + "*" * 9 + "VN*MUG-RED***SK*M1"
    content = shipped("LX*1", line)
    assert shipment(content).lines == contents(("M1", "1"))
    assert shipment(content, items={"sku_qualifiers": ["VN"]}).lines == contents(("MUG-RED", "1"))
    assert shipment(content, items={"sku_qualifiers": ["UP"]}).lines == contents(("012345678905", "1"))


def test_the_line_of_the_store_comes_back_where_we_sent_it() -> None:
    found = shipment(shipped("LX*1", MUGS, "N9*LI*71", "LX*2", TEA, "N9*LI*x"))
    assert [content.line_id for content in found.lines] == [71, None]


@pytest.mark.parametrize(
    ("details", "what"),
    [
        (
            ("LX*1", "W12*CC*2*2*0*CA**SK*MUG-RED"),
            "W12-05: cases, and packs does not say how many pieces a case has",
        ),
        (
            ("LX*1", "W12*CC*2*2*0*LB**SK*MUG-RED"),
            "W12-05: a unit that is neither in units nor in case_units",
        ),
        (("LX*1", "W12*CC*2*two*0*EA**SK*MUG-RED"), "W12-03: not a number"),
        (("LX*1", "W12*CC*2**0x*EA**SK*MUG-RED"), "W12-04: not a number"),
        (("LX*1", "W12*CC*2***EA**SK*MUG-RED"), "W12-03: no quantity"),
        (("LX*1", "W12*CC*2*-2*0*EA**SK*MUG-RED"), "W12-03: less than 0"),
        (
            ("LX*1", "W12*CC*2*2*0*EA**UP*012345678905"),
            "W12: no item number with a qualifier of sku_qualifiers (it has UP)",
        ),
        (("LX*1", "W12*CC*2*2*0*EA**SK*" + "x" * 251), "W12: the SKU: longer than 250 characters"),
    ],
)
def test_what_cannot_be_read_is_a_problem_of_its_order_and_of_no_other(
    details: tuple[str, ...], what: str
) -> None:
    begin = "W06*F*A3_31882_0*20261102*SHP-1"
    good = ["W06*F*A3_2_0*20261102*SHP-2", "LX*1", MUGS]
    found = read(from_partner([("945", [begin, *details]), ("945", good)]))
    (row,) = found.unreadable
    assert (row.name, row.what) == ("A3_31882_0", what)
    assert [each.reference for each in found.shipments] == ["A3_2_0"]


def test_a_set_without_a_reference_is_a_row_without_a_name() -> None:
    (row,) = read(shipped("LX*1", MUGS, begin="W06*F")).unreadable
    assert (row.name, row.what) == ("", "W06-02: no reference")


def test_shipments_are_told_apart_by_content_or_by_the_id_of_the_partner() -> None:
    first, other = (shipped("LX*1", f"MAN*CP*{number}", MUGS) for number in (UPS, UPS_2))
    assert shipment(first).key != shipment(other).key
    by_id = {"shipments": {"key": "shipment_id"}}
    assert shipment(first, **by_id).key == shipment(other, **by_id).key == "A3_31882_0/SHP-1"
    # Where tracking numbers are read does not change what a shipment is.
    assert shipment(first).key == shipment(first, shipments={"tracking_places": ["N9*2I"]}).key
    assert (
        len(read(from_partner([("945", ["W06*F*A3_1_0", MUGS]), ("945", ["W06*F*A3_1_0", MUGS])])).shipments)
        == 1
    )
