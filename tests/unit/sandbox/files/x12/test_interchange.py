"""The sandbox's own X12: what real files look like is read, and what it writes is whole."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from mockedi import validate, x12

from cartage_sandbox.files.x12.interchange import Envelope, Unreadable, interchanges

AT = datetime(2026, 11, 29, 2, 3, tzinfo=UTC)
ROWS = [("W05", "N", "A3_1_0", "AB-1000"), ("W76", "3")]


def written(**changes: str) -> str:
    return Envelope("WMS", "CARTAGE", **changes).written("OW", 7, AT, [("940", ROWS), ("940", ROWS)])


@pytest.mark.parametrize(
    "style",
    [
        {},
        {"line_end": ""},
        {"separator": "|", "terminator": "!", "line_end": "\r\n"},
        {"separator": "~", "terminator": "\n", "line_end": "", "component": ":"},
    ],
)
def test_what_is_written_is_read_back(style: dict[str, str]) -> None:
    [found] = interchanges("\ufeff" + written(**style))
    [group] = found.groups
    assert (found.sender, found.receiver, int(found.control)) == ("WMS", "CARTAGE", 7)
    assert (group.code, group.sender, group.control, group.faults) == ("OW", "WMS", "7", ())
    assert [document.segments for document in group.sets] == [tuple(ROWS), tuple(ROWS)]
    assert [document.faults for document in group.sets] == [(), ()]


def test_another_implementation_finds_no_fault_in_the_envelope() -> None:
    report = validate.validate(x12.parse(written()), strict=True)
    assert not report.interchange_findings and not report.group_errors and not report.envelope_errors


def test_an_isa_without_padding_is_read() -> None:
    text = "ISA*00**00**ZZ*WMS*ZZ*CARTAGE*261129*0203*U*00401*7*0*P*>~GS*OW*WMS*CARTAGE*20261129*0203*7*X*004010~"
    [found] = interchanges(f"{text}ST*940*0001~W05*N*A3_1_0~SE*3*0001~GE*1*7~IEA*1*7~")
    assert found.groups[0].sets[0].first("W05") == ("W05", "N", "A3_1_0")
    assert found.groups[0].sets[0].first("N1") == ()


def test_several_interchanges_are_read() -> None:
    assert len(list(interchanges(written() + written()))) == 2


@pytest.mark.parametrize(
    ("old", "new", "faults"),
    [
        ("SE*4*0001", "SE*9*0001", ("SE01",)),
        ("SE*4*0001", "SE*4*0009", ("SE02",)),
        ("SE*4*0001", "SE*x", ("SE01", "SE02")),
    ],
)
def test_faults_of_a_set_are_its_own(old: str, new: str, faults: tuple[str, ...]) -> None:
    [found] = interchanges(written().replace(old, new))
    assert [document.faults for document in found.groups[0].sets] == [faults, ()]


@pytest.mark.parametrize(
    ("old", "new", "faults"), [("GE*2*7", "GE*3*7", ("GE01",)), ("GE*2*7", "GE*2*8", ("GE02",))]
)
def test_faults_of_a_group(old: str, new: str, faults: tuple[str, ...]) -> None:
    [found] = interchanges(written().replace(old, new))
    assert found.groups[0].faults == faults


@pytest.mark.parametrize("text", ["", "PH,1", "ISA*00", written()[:-20], "ISA" + "*" * 16])
def test_what_is_no_interchange_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        list(interchanges(text))


def test_separators_never_get_into_the_data() -> None:
    text = Envelope("WMS", "CARTAGE").written("SW", 7, AT, [("945", [("NTE", "GEN", "a*b~c>d\r\ne")])])
    [found] = interchanges(text)
    assert found.groups[0].sets[0].first("NTE") == ("NTE", "GEN", "a b c d  e")
