"""Separators, segments and text: as the file has them, whatever was done to it on its way."""

from __future__ import annotations

import pytest

from cartage.warehouses.files.x12.syntax.envelopes import read_text, same_number
from cartage.warehouses.files.x12.syntax.text import Charset, decoded
from tests.unit.warehouses.files.x12.helpers import from_partner, read

GOOD = from_partner(
    [("945", ["W06*F*A3_1_0*20261102*S1", "N1*ST*JOAN HARRY", "LX*1", "W12*CC*2*2*0*EA**SK*MUG"])]
)
FLAT = GOOD.replace("\n", "")


def skus(content: str | bytes) -> list[str]:
    found = read(content)
    assert not found.quarantined, found.quarantined
    return [line.sku for shipment in found.shipments for line in shipment.lines]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(FLAT, id="one line"),
        pytest.param(FLAT.removesuffix("~"), id="no terminator at the end"),
        pytest.param(GOOD.replace("\n", "\r\n"), id="CRLF after terminators"),
        pytest.param(GOOD.replace("~\n", "\n"), id="lines are segments"),
        pytest.param(GOOD.replace("~\n", "\r\n"), id="CRLF lines are segments"),
        pytest.param(GOOD.replace("~\n", "\r"), id="CR lines are segments"),
        pytest.param(FLAT.replace("~", "!").replace("*", "~"), id="tilde between elements"),
        pytest.param(FLAT.replace("*", "|").replace("~", "*"), id="star after segments"),
        pytest.param(FLAT.replace("~", "}"), id="brace"),
        pytest.param(FLAT.replace("~", "\x1c").replace("*", "\x1d"), id="control characters"),
        pytest.param(FLAT.replace("*>~", "*\\~"), id="backslash as component separator"),
        pytest.param(FLAT.replace("*>~", "* ~"), id="blank as component separator"),
        pytest.param(FLAT.replace("*>~", "**~"), id="element separator as component separator"),
        pytest.param(FLAT.replace("*>~", "*~"), id="no component separator"),
        pytest.param("\ufeff" + GOOD, id="BOM"),
        pytest.param("\n\n  " + GOOD + "\n\x1a", id="blanks around"),
        pytest.param(GOOD.replace("\n", "\n    "), id="indented"),
        pytest.param(GOOD.encode("utf-16"), id="UTF-16"),
        pytest.param(GOOD.replace("HARRY", "H\x00ARR\x07Y"), id="control characters in data"),
        pytest.param(GOOD.replace("LX*1~", "LX*1"), id="a terminator is missing before a line break"),
        pytest.param(GOOD.replace("JOAN HARRY", "JOAN\nHARRY"), id="a line break in data"),
        pytest.param(GOOD.replace("*U*00401*", "*U*00200*"), id="another version"),
    ],
)
def test_the_file_is_read_as_it_was_meant(content: str | bytes) -> None:
    assert skus(content) == ["MUG"]


@pytest.mark.parametrize("width", [40, 72, 80, 81, 105, 106, 107])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_of_any_width_are_put_together(width: int, end: str) -> None:
    wrapped = end.join(FLAT[at : at + width] for at in range(0, len(FLAT), width))
    assert skus(wrapped) == ["MUG"]


def test_several_interchanges_in_wrapped_lines_are_put_together() -> None:
    both = FLAT + FLAT.replace("A3_1_0", "A3_2_0")
    for width in range(60, 125):
        wrapped = "\r\n".join(both[at : at + width] for at in range(0, len(both), width))
        found = read(wrapped)
        assert [each.reference for each in found.shipments] == ["A3_1_0", "A3_2_0"]
        assert not found.quarantined


def test_the_text_has_the_encoding_that_fits() -> None:
    name = "ZOË"
    for content, charset, encoding in (
        (name.encode(), Charset.ASCII, "utf-8"),
        (name.encode("latin-1"), Charset.ASCII, "latin-1"),
        (name.encode("latin-1"), Charset.UTF_8, "latin-1"),
        (name.encode("latin-1"), Charset.LATIN_1, "latin-1"),
        (b"\xef\xbb\xbf" + name.encode(), Charset.LATIN_1, "utf-8"),
        (name.encode("utf-16"), Charset.ASCII, "utf-16"),
    ):
        found = decoded(content, charset)
        assert (found.text, found.encoding) == (name, encoding)


def test_control_numbers_are_numbers() -> None:
    assert same_number("3438", "000003438") and same_number("0", "000") and same_number("", "")
    assert not same_number("1", "2") and not same_number("", "0") and not same_number("10", "1")


def test_every_segment_is_in_its_set_and_every_set_in_its_group() -> None:
    (found,) = read_text(GOOD).interchanges
    assert [[each.code for each in group.sets] for group in found.groups] == [["945"]]
    assert [segment[0] for segment in found.groups[0].sets[0].content().segments()] == [
        "W06",
        "N1",
        "LX",
        "W12",
    ]
    assert not found.stray and not found.faults
