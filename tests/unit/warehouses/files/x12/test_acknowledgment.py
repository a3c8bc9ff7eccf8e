"""The 997, both ways."""

from __future__ import annotations

import pytest

from cartage.warehouses.documents import DocumentResponse
from cartage.warehouses.files.formats import ReadFile
from tests.unit.warehouses.files.x12.helpers import (
    AT,
    document,
    from_partner,
    interchange,
    partner,
    read,
    rows,
    shipped,
)

MUGS = "W12*CC*2*2*0*EA**SK*MUG-RED"
GOOD = ("945", ["W06*F*A3_1_0*20261102*S1", "LX*1", MUGS])


def acknowledged(*segments: str) -> ReadFile:
    return read(from_partner([("997", segments)], "FA"))


@pytest.mark.parametrize(
    ("segments", "responses"),
    [
        (("AK1*OW*000017", "AK9*A*1*1*1"), [(None, True)]),
        (("AK1*OW*17", "AK2*940*0001", "AK5*A", "AK9*A*1*1*1"), [(None, True)]),
        (("AK1*OW*17", "AK9*E*2*2*2"), [(None, True)]),
        (("AK1*OW*17", "AK9*R*2*2*0"), [(None, False)]),
        (("AK1*OW*17", "AK2*940*1", "AK5*R*5", "AK9*R*1*1*0"), [(None, False)]),
        (("AK1*OW*17", "AK2*940*1", "AK5*M*5", "AK2*940*2", "AK5*E", "AK9*P*2*2*1"), [(1, False), (2, True)]),
        # The sets that are not named are taken, if the counts show it.
        (("AK1*OW*17", "AK2*940*2", "AK5*R", "AK9*P*3*3*2"), [(2, False), (1, True), (3, True)]),
        (("AK1*OW*17", "AK2*940*2", "AK5*R", "AK9*P*3*3*1"), [(2, False)]),
        (("AK1*OW*17", "AK2*940*2", "AK5*R", "AK9*P***"), [(2, False)]),
        # Where group and sets disagree, the sets count.
        (("AK1*OW*17", "AK2*940*1", "AK5*R*3", "AK9*A*1*1*1"), [(1, False)]),
        (("AK1*OW*17", "AK2*940*1", "AK5*A"), [(1, True)]),
    ],
)
def test_what_became_of_our_file_is_said_for_the_whole_or_by_position(
    segments: tuple[str, ...], responses: list[tuple[int | None, bool]]
) -> None:
    found = acknowledged(*segments)
    assert [(each.number, each.position, each.accepted) for each in found.responses] == [
        (17, position, accepted) for position, accepted in responses
    ]
    assert not found.quarantined


@pytest.mark.parametrize(
    ("segments", "reason"),
    [
        (("AK1*SW*17", "AK9*A*1*1*1"), "AK1: it acknowledges no group of ours"),
        (("AK1*OW*x", "AK9*A*1*1*1"), "AK1: it acknowledges no group of ours"),
        (("AK9*A*1*1*1",), "AK1: it acknowledges no group of ours"),
        (("AK1*OW*17",), "AK9: it does not say what became of the group"),
        (
            ("AK1*OW*17", "AK2*940*A1", "AK5*R", "AK9*P*2*2*1"),
            "AK2: it refuses a set without a number of ours",
        ),
    ],
)
def test_what_does_not_say_which_file_it_is_about_goes_to_a_person(
    segments: tuple[str, ...], reason: str
) -> None:
    found = acknowledged(*segments)
    assert [kept.reason for kept in found.quarantined] == [reason]
    assert not found.responses


def test_the_reason_of_a_refusal_has_no_data_of_the_order() -> None:
    (response,) = acknowledged(
        "AK1*OW*17", "AK2*940*1", "AK3*N1*3**8", "AK4*2*93*5*JOAN HARRY", "AK5*R*5", "AK9*R*1*1*0"
    ).responses
    assert (
        response.reason == "segments have faults; N1 (segment 3): elements have faults; element 2 is too long"
    )


def replied(content: str, **changes: object) -> list[list[str]]:
    reply = partner(**changes).reply(document(content), 9, AT)
    assert reply is not None and reply.references == () and reply.name == "997_000000009.edi"
    (group,) = interchange(reply.content).groups
    assert group.header[1:4] == ["FA", "OUTFIT", "ACME3PL"]
    assert [found.code for found in group.sets] == ["997"] * len(group.sets)
    return [rows(found.content()) for found in group.sets]


def test_a_file_that_was_taken_is_acknowledged_set_by_set() -> None:
    assert replied(from_partner([GOOD, GOOD], number=12)) == [
        ["AK1*SW*12", "AK2*945*0001", "AK5*A", "AK2*945*0002", "AK5*A", "AK9*A*2*2*2"]
    ]


def test_a_set_that_is_held_for_its_envelope_is_refused_with_the_fault() -> None:
    assert replied(from_partner([GOOD, GOOD], number=12, SE01="9")) == [
        ["AK1*SW*12", "AK2*945*0001", "AK5*A", "AK2*945*0002", "AK5*R*4", "AK9*P*2*2*1"]
    ]
    assert replied(from_partner([GOOD], number=12, SE02="0009")) == [
        ["AK1*SW*12", "AK2*945*0001", "AK5*R*3", "AK9*R*1*1*0"]
    ]
    assert replied(from_partner([GOOD], number=12, SE01="9"), lenient=["se01"])[0][-1] == "AK9*A*1*1*1"


def test_every_group_has_an_acknowledgment_of_its_own() -> None:
    stock = from_partner(
        [("846", ["BIA*00*SI*1*20261103", "LIN**SK*A", "QTY*33*1", "CTT*1"])], "IB", number=13
    )
    assert [found[0] for found in replied(from_partner([GOOD], number=12) + stock)] == [
        "AK1*SW*12",
        "AK1*IB*13",
    ]


@pytest.mark.parametrize(
    "content",
    [
        from_partner([("997", ["AK1*OW*17", "AK9*A*1*1*1"])], "FA"),
        from_partner([GOOD], ISA08="OTHERSHOP"),
        from_partner([GOOD], IEA02="000000999"),
        from_partner([GOOD], GE02="99"),
        "",
        "no X12",
    ],
)
def test_an_acknowledgment_a_foreign_file_and_one_that_is_held_are_not_acknowledged(content: str) -> None:
    assert partner().reply(document(content), 9, AT) is None
    assert not partner().read(document(content)).wants_reply


def test_a_partner_who_wants_no_acknowledgments_gets_none() -> None:
    content = shipped("LX*1", MUGS)
    assert partner().read(document(content)).wants_reply
    silent = partner(send_997=False)
    assert silent.reply(document(content), 9, AT) is None
    assert not silent.read(document(content)).wants_reply


def test_the_response_to_our_file_names_the_number_under_which_it_was_written() -> None:
    (response,) = acknowledged("AK1*OW*17", "AK9*A*1*1*1").responses
    assert response == DocumentResponse(17, True)
