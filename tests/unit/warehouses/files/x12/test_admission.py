"""Faults of envelopes hold a set, a group or an interchange, with the reason and the text; never their neighbours."""

from __future__ import annotations

from typing import Any

import pytest

from cartage.warehouses.documents import DocumentPart
from tests.unit.warehouses.files.x12.helpers import document, from_partner, partner, read, sample, shipped

MUGS = "W12*CC*2*2*0*EA**SK*MUG-RED"
FIRST = ("945", ["W06*F*A3_1_0*20261102*S1", "LX*1", MUGS])
SECOND = ("945", ["W06*F*A3_2_0*20261102*S2", "LX*1", MUGS])


@pytest.mark.parametrize(
    ("fault", "reason", "read_still"),
    [
        ({"SE01": "9"}, "SE01 says 9, but the number of segments is 5", ["A3_1_0"]),
        ({"SE02": "0009"}, "SE02 says 0009, but the beginning has 0002", ["A3_1_0"]),
        ({"GE01": "9"}, "GE01 says 9, but the number of sets is 2", []),
        ({"GE02": "9"}, "GE02 says 9, but the beginning has 7", []),
        ({"IEA01": "9"}, "IEA01 says 9, but the number of groups is 1", []),
        ({"IEA02": "9"}, "IEA02 says 9, but the beginning has 000000007", []),
    ],
)
def test_a_fault_is_named_and_costs_what_it_is_a_fault_of(
    fault: dict[str, Any], reason: str, read_still: list[str]
) -> None:
    content = from_partner([FIRST, SECOND], **fault)
    found = read(content)
    assert [each.reference for each in found.shipments] == read_still
    (kept,) = found.quarantined
    assert kept.reason == reason
    assert "release" in kept.fix and f"add {next(iter(fault)).lower()} to lenient" in kept.fix
    both = ["A3_1_0", "A3_2_0"]
    assert [each.reference for each in read(content, lenient=[*map(str.lower, fault)]).shipments] == both
    assert [each.reference for each in read(content, released=True).shipments] == both


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ("SE*5*0001~\n", "the set has no end (SE): a part of it may be missing"),
        ("GE*2*7~\n", "the group has no end (GE): sets of it may be missing"),
        ("IEA*1*000000007~\n", "the interchange has no end (IEA): the file is cut off"),
    ],
)
def test_a_segment_of_the_envelope_that_is_missing_is_a_fault(missing: str, reason: str) -> None:
    content = from_partner([FIRST, SECOND])
    assert missing in content
    found = read(content.replace(missing, ""))
    assert [kept.reason for kept in found.quarantined] == [reason]


def test_what_is_held_can_be_read_by_itself() -> None:
    content = from_partner([FIRST, SECOND], SE01="9")
    (kept,) = read(content).quarantined
    assert b"A3_1_0" not in kept.content
    assert kept.where == "set 945 0002 of group 7"
    assert [each.reference for each in read(kept.content, released=True).shipments] == ["A3_2_0"]


def test_zeros_before_a_control_number_and_before_a_count_do_not_matter() -> None:
    content = from_partner([FIRST], SE01="005", SE02="1", GE01="01", GE02="0007", IEA01="001", IEA02="7")
    assert not read(content).quarantined


@pytest.mark.parametrize("name", ["ISA06", "ISA08", "GS02", "GS03"])
def test_a_set_from_or_for_another_partner_is_held_or_passed_over(name: str) -> None:
    content = from_partner([FIRST], **dict[str, Any]({name: "SOMEONE"}))
    found = read(content)
    assert not found.shipments
    (kept,) = found.quarantined
    assert "SOMEONE" in kept.reason and kept.reason.endswith("another partner")
    ignoring = read(content, foreign="ignore")
    assert not ignoring.shipments and not ignoring.quarantined


def test_control_characters_in_an_id_are_left_out() -> None:
    header, rest = from_partner([FIRST]).split("GS*", 1)
    assert read(header.replace("ZZ*ACME3PL", "ZZ*\x00ACME3PL") + "GS*" + rest).shipments


def test_ids_are_compared_in_any_letter_case_and_the_application_has_its_own() -> None:
    assert read(from_partner([FIRST], ISA06="acme3pl", GS02="Acme3PL")).shipments
    content = from_partner([FIRST], GS02="ACMEWMS", GS03="OUTFITTERS")
    ids: dict[str, Any] = {
        "us": {"id": "OUTFIT", "group_id": "OUTFITTERS"},
        "partner": {"id": "ACME3PL", "group_id": "ACMEWMS"},
    }
    assert read(content, **ids).shipments


def test_a_test_file_is_not_taken_in_production() -> None:
    content = from_partner([FIRST], ISA15="T")
    found = read(content)
    assert not found.shipments and "ISA15 T" in found.quarantined[0].reason
    assert read(content, lenient=["test"]).shipments
    assert read(content, production=False).shipments


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "the file is empty"),
        (" \r\n\x1a", "the file is empty"),
        ("order,tracking\nA3_1_0,1Z\n", "the file is no X12: it has no interchange (ISA segment)"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "the file is no X12: it has no interchange (ISA segment)"),
        ("ISA*00*too short~", "the file is no X12: it has no interchange (ISA segment)"),
    ],
)
def test_a_file_that_is_no_x12_is_held_whole(content: str | bytes, reason: str) -> None:
    found = read(content)
    (kept,) = found.quarantined
    assert (kept.reason, kept.where) == (reason, "file")
    assert found.parts == {DocumentPart.ORDERS}
    stock_only = partner(order_files=["945*"], stock_files=["inv*"])
    assert stock_only.read(document(content, "inv_1.edi")).parts == {DocumentPart.STOCK}


def test_text_before_the_first_interchange_is_held_and_the_rest_is_read() -> None:
    found = read("From: edi@example.com\n\n" + from_partner([FIRST]))
    assert [each.reference for each in found.shipments] == ["A3_1_0"]
    assert [kept.content for kept in found.quarantined] == [b"From: edi@example.com\n\n"]


def test_segments_outside_of_any_set_are_held_and_the_sets_are_read() -> None:
    content = from_partner([FIRST]).replace("GE*1*7", "N9*ZZ*LOST~\nGE*1*7")
    found = read(content)
    assert [each.reference for each in found.shipments] == ["A3_1_0"]
    assert [kept.content for kept in found.quarantined] == [b"N9*ZZ*LOST"]


def test_a_known_set_that_is_not_wanted_is_passed_over() -> None:
    content = from_partner([FIRST, ("856", ["BSN*00*1*20261103*0915"])])
    assert [kept.reason for kept in read(content).quarantined] == ["Cartage does not read set 856"]
    assert not read(content, ignored_sets=["856"]).quarantined


def test_the_samples_that_are_in_order_hold_nothing() -> None:
    names = ("945_line_per_lx.edi", "945_wrapped_lines.edi", "846_full.edi", "947_adjustment.edi")
    assert [sample(name).quarantined for name in names] == [()] * 4


def test_an_isa_inside_of_data_begins_no_interchange() -> None:
    content = shipped("N1*ST*ISA*91*VISA", "LX*1", MUGS)
    found = read(content)
    assert len(found.shipments) == 1 and not found.quarantined
