"""Files in the shapes that 3PLs send (connectors.md, sections 6.2 to 6.5), each with what it says."""

from __future__ import annotations

import pytest

from cartage.warehouses.documents import DocumentPart, DocumentResponse
from tests.unit.warehouses.files.x12.helpers import SAMPLES, contents, document, partner, sample

UPS, UPS_2, UPS_3 = "1Z999AA10123456784", "1Z999AA10123456793", "1Z999AA10123456800"


def test_a_line_in_each_loop_and_the_number_in_the_header_is_one_package() -> None:
    (shipment,) = sample("945_line_per_lx.edi").shipments
    assert (shipment.reference, shipment.remote_id, shipment.final) == ("A3K_31882_0", "WH55871", True)
    (package,) = shipment.packages
    assert (package.tracking, package.carrier, package.service) == (UPS, "UPSN", "UPS GROUND")
    assert package.contents == contents(("MUG-RED", "2"), ("TEA-100G", "1"))


def test_a_carton_in_each_loop_is_a_package_with_its_contents_and_the_order_is_whole() -> None:
    (shipment,) = sample("945_carton_per_lx.edi").shipments
    assert [(package.tracking, package.contents) for package in shipment.packages] == [
        ("794644790132", contents(("MUG-RED", "2"))),
        ("794644790143", contents(("MUG-RED", "1"), ("TEA-100G", "1"))),
    ]
    assert shipment.final


def test_a_mark_in_man_05_without_any_item_is_a_package_of_unknown_contents() -> None:
    (shipment,) = sample("945_marks_without_items.edi").shipments
    (package,) = shipment.packages
    assert (package.tracking, package.contents, shipment.lines) == ("9205590164917312751089", (), ())
    assert shipment.final


def test_lines_that_were_wrapped_are_put_together() -> None:
    (shipment,) = sample("945_wrapped_lines.edi").shipments
    assert shipment.reference == "A3K_31885_0"
    assert shipment.lines == contents(("MUG-RED", "2"), ("TEA-100G", "2"))


def test_interchanges_with_other_separators_and_constant_set_numbers_are_all_read() -> None:
    found = sample("945_two_interchanges.edi")
    assert [(each.reference, each.remote_id, each.final) for each in found.shipments] == [
        ("A3K_31886_0", "SHP-6A", False),
        ("A3K_31887_0", "SHP-7", True),
        ("A3K_31886_0", "SHP-6B", True),
    ]
    assert [package.tracking for each in found.shipments for package in each.packages] == [UPS, UPS_2, UPS_3]


def test_a_trimmed_header_indents_and_other_zeros_are_no_fault() -> None:
    found = sample("945_trimmed_and_indented.edi")
    assert [each.reference for each in found.shipments] == ["A3K_31888_0"]
    assert not found.quarantined


def test_wrong_counts_are_held_with_their_reason_unless_the_partner_is_known_for_them() -> None:
    held = sample("945_wrong_counts.edi")
    assert not held.shipments
    (kept,) = held.quarantined
    assert kept.reason == "GE01 says 3, but the number of sets is 1"
    assert b"A3K_31889_0" in kept.content
    lenient = sample("945_wrong_counts.edi", lenient=["ge01", "se01"])
    assert [each.reference for each in lenient.shipments] == ["A3K_31889_0"]


def test_stock_has_its_quantities_by_qualifier_and_cases_by_their_pack() -> None:
    found = sample("846_full.edi", stock={"snapshot": "purpose"}, items={"packs": {"pot-blue": 6}})
    assert [
        (each.sku, int(each.available), int(each.on_hand), int(each.on_hold)) for each in found.stock
    ] == [
        ("MUG-RED", 12, 15, 1),
        ("TEA-100G", 0, 0, 0),
        ("POT-BLUE", 24, 24, 0),
    ]
    assert found.stock_full
    assert found.stock_as_of is not None and found.stock_as_of.isoformat() == "2026-11-03T06:00:00+00:00"


def test_a_case_without_a_known_pack_is_a_row_that_cannot_be_read_and_the_file_is_not_full() -> None:
    found = sample("846_full.edi", stock={"snapshot": "full"})
    assert [each.sku for each in found.stock] == ["MUG-RED", "TEA-100G"]
    (row,) = found.unreadable
    assert row.name == "POT-BLUE" and row.what.startswith("QTY-03: cases")
    assert not found.stock_full


def test_stock_by_location_counts_the_part_at_ours() -> None:
    found = sample("846_by_location.edi", stock={"location": "Reno"})
    assert [(each.sku, int(each.available)) for each in found.stock] == [("MUG-RED", 10), ("TEA-100G", 0)]
    assert [row.name for row in found.unreadable] == ["POT-BLUE"]


def test_receipts_and_adjustments_are_movements() -> None:
    receipt = sample("944_receipt.edi", items={"packs": {"POT-BLUE": 6}})
    assert [(each.sku, each.quantity, each.reference) for each in receipt.movements] == [
        ("MUG-RED", 48, "RCV-771"),
        ("POT-BLUE", 12, "RCV-771"),
    ]
    assert [row.what for row in receipt.unreadable] == ["W07-01: not a whole number of pieces"]
    adjustment = sample("947_adjustment.edi")
    assert [(each.sku, each.quantity, each.reason) for each in adjustment.movements] == [
        ("MUG-RED", -3, "07"),
        ("TEA-100G", 5, "AV"),
    ]


def test_a_partly_accepted_file_says_which_orders_were_refused_and_why() -> None:
    found = sample("997_partly_accepted.edi")
    assert [(each.number, each.position, each.accepted) for each in found.responses] == [
        (17, 2, False),
        (17, 1, True),
        (17, 3, True),
    ]
    assert found.responses[0].reason == (
        "segments have faults; N4 (segment 7): elements have faults; element 2 has a code that is not allowed"
    )
    assert not found.wants_reply


def test_sets_for_others_and_sets_that_are_not_read_are_held_and_the_rest_is_read() -> None:
    found = sample("945_mixed_partners.edi")
    assert [each.reference for each in found.shipments] == ["A3K_31890_0"]
    assert [kept.reason for kept in found.quarantined] == [
        "it is from ACME3PL for OTHERSHOP: another partner",
        "Cartage does not read set 943",
    ]
    ignoring = sample("945_mixed_partners.edi", foreign="ignore", ignored_sets=["943"])
    assert [each.reference for each in ignoring.shipments] == ["A3K_31890_0"]
    assert not ignoring.quarantined


@pytest.mark.parametrize("path", sorted(SAMPLES.iterdir()), ids=lambda path: path.name)
def test_every_sample_is_read_in_the_part_that_its_name_says(path: object) -> None:
    name = str(path).rpartition("/")[2]
    part = DocumentPart.ORDERS if name[:3] in {"945", "997"} else DocumentPart.STOCK
    found = sample(name)
    assert found.parts == {part}
    assert part in partner().parts(name)


def test_the_same_set_in_another_file_has_the_same_key() -> None:
    content = (SAMPLES / "945_line_per_lx.edi").read_text()
    again = content.replace("000000101", "000000999").replace("*101", "*999")
    assert again != content
    keys = [partner().read(document(text)).shipments[0].key for text in (content, again)]
    assert keys[0] == keys[1]


def test_a_response_to_the_whole_file_has_no_position() -> None:
    whole = (SAMPLES / "997_partly_accepted.edi").read_text()
    refused = whole.replace("AK9*P*3*3*2", "AK9*R*3*3*0")
    (response,) = partner().read(document(refused)).responses
    assert (response.number, response.accepted, response.position) == (17, False, None)
    taken = whole.replace("AK5*R*5", "AK5*E").replace("AK9*P*3*3*2", "AK9*E*3*3*3")
    assert partner().read(document(taken)).responses == (DocumentResponse(17, True),)
