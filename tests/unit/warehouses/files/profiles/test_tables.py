"""When a file cannot be trusted as a whole, and what a person who releases it gets."""

from __future__ import annotations

import codecs

import pytest

from cartage.warehouses.documents import DocumentPart
from tests.unit.warehouses.files.profiles.conftest import Reads

_SECTION = "confirmations: {files: c.csv, columns: {reference: Order, tracking: Tracking}"
_GOOD = "Order,Tracking\r\nA,1Z1\r\nB,1Z2\r\n"


def _section(settings: str = "") -> str:
    return f"{_SECTION}, {settings}}}\n" if settings else f"{_SECTION}}}\n"


def test_a_good_file_has_all_its_rows(read: Reads) -> None:
    found = read(_section(), _GOOD)
    assert [shipment.reference for shipment in found.shipments] == ["A", "B"]
    assert (found.quarantined, found.unreadable) == ((), ())
    assert found.parts == {DocumentPart.ORDERS}


@pytest.mark.parametrize(
    ("settings", "content", "reason", "where", "released"),
    [
        ("", b"Order,Tracking\r\nA,1Z1\r\nB,1Z", "cut off", "line 3", ["A", "B"]),
        ("", b"Order,Tracking\r\nA,1Z1\r\nB\r\n", "it has 1 columns in place of 2", "row 3", ["A"]),
        ("", b"Order,Tracking\r\nA,1Z1,x\r\nB,1Z2\r\n", "it has 3 columns in place of 2", "row 2", ["B"]),
        ("", b'Order,Tracking\r\nA,"1Z1\r\nB,1Z2\r\n', "a quotation mark is missing", "line 2", ["A"]),
        ("", b'Order,Tracking\r\nA,"1Z1"x\r\nB,1Z2\r\n', "a quotation mark is missing", "line 2", ["A", "B"]),
        ("", b"Order,Tracking\r\nA,1Z1\r\nB,1Z\x002\r\n", "it has a NUL character", "line 3", ["A", "B"]),
        ("", b"Order,Tracking\r\nA,1Z1\r\nB,1Z\xe92\r\n", "it is not utf-8 text", "line 3", ["A"]),
        ("encoding: ascii", b"Order,Tracking\r\nA,1Z\xc3\xa9\r\n", "it is not ascii text", "line 2", []),
        (
            "encoding: utf-16",
            _GOOD.encode("utf-16-le") + b"x",
            "it is not utf-16-le text",
            "line 4",
            ["A", "B"],
        ),
        (
            "",
            b"Order,Tracking\r\nA," + b"1" * 40_000 + b"\r\nB,1Z2\r\n",
            "more than 32,767 characters",
            "line 2",
            ["B"],
        ),
        (
            "",
            b"Order,Tracking\r\nA," + b"1" * 140_000 + b"\r\nB,1Z2\r\n",
            "more than 32,767 characters",
            "line 2",
            ["B"],
        ),
        ("", b"", "it has no headings", "", []),
        ("", b"\r\n \r\n,,\r\n", "it has no headings", "", []),
        ("", b"Order,Track\r\nA,1Z1\r\n", "it has no column 'Tracking' for tracking", "its headings", []),
        ("", b"Order,Tracking,tracking\r\nA,1,2\r\n", "it has 2 columns 'Tracking'", "its headings", []),
        ("footer: {mark: END}", b"Order,Tracking\r\nA,1Z1\r\n", "not the footer 'END'", "", ["A"]),
        (
            "footer: {mark: END, count_position: 2}",
            b"Order,Tracking\r\nA,1Z1\r\nEND,2\r\n",
            "its footer says 2 rows, and it has 1",
            "",
            ["A"],
        ),
        (
            "footer: {mark: END, count_position: 2}",
            b"Order,Tracking\r\nA,1Z1\r\nEND,many\r\n",
            "no number of rows",
            "row 3",
            ["A"],
        ),
        (
            "header: false, columns: {reference: 1, tracking: 5}",
            b"A,1Z1\r\n",
            "it has 2 columns, and tracking is to be in column 5",
            "",
            [],
        ),
        (
            "header: false, records: {D: detail}, columns: {reference: 2, tracking: 3}",
            b"D,A,1Z1\r\nX,B,1Z2\r\n",
            "a row is of an unknown kind",
            "row 2",
            ["A"],
        ),
    ],
)
def test_a_file_that_may_be_damaged_goes_into_quarantine_whole(
    read: Reads, settings: str, content: bytes, reason: str, where: str, released: list[str]
) -> None:
    section = _section(settings)
    if "columns:" in settings:
        section = f"confirmations: {{files: c.csv, {settings}}}\n"
    found = read(section, content)
    [quarantined] = found.quarantined
    assert reason in quarantined.reason
    assert quarantined.where == where
    assert quarantined.fix
    assert quarantined.content == content
    assert found.parts == {DocumentPart.ORDERS}
    assert (found.shipments, found.accepted, found.unreadable) == ((), (), ())
    again = read(section, content, released=True)
    assert [shipment.reference for shipment in again.shipments] == released


@pytest.mark.parametrize(
    ("settings", "content"),
    [
        ("", _GOOD.replace("\r\n", "\n")),
        ("", _GOOD.replace("\r\n", "\r")),
        ("", f"\ufeff{_GOOD}"),
        ("", f"{_GOOD}\r\n,\r\n\x1a"),
        ("", f"{_GOOD}  \t"),
        ("", 'tracking , Extra,"ORDER"\r\n1Z1,"a\r\nb, ""c""",A\r\n1Z2,,B\r\n'),
        ("", "Order,Tracking,,\r\nA,1Z1,,\r\nB,1Z2,,,,\r\n"),
        ("final_line_end: false", _GOOD.rstrip()),
        ("footer: {mark: end, count_position: 2}", f"{_GOOD}End, 2"),
        ("footer: {mark: end, count_position: 2, counts: all_rows}", f"{_GOOD}\r\nEnd,4\r\n"),
        ("footer: {mark: end}", f"{_GOOD}End\r\n"),
        ("delimiter: tab", _GOOD.replace(",", "\t")),
        ("delimiter: ';'", _GOOD.replace(",", ";")),
        ("skip_rows: 2", f"Report of today\r\nmade by, someone, else\r\n{_GOOD}"),
        ("quoted: false", _GOOD.replace("1Z1", '1Z1"').replace('"', "")),
        ("wrong_column_count: ignore", "Order,Tracking\r\nA,1Z1,x,y\r\nB,1Z2\r\n"),
        ("encoding: utf-16", codecs.BOM_UTF16_BE + _GOOD.encode("utf-16-be")),
        ("", codecs.BOM_UTF16_LE + _GOOD.encode("utf-16-le")),
        ("", codecs.BOM_UTF32_LE + _GOOD.encode("utf-32-le")),
        ("encoding: cp1252", "Order,Tracking,É\r\nA,1Z1,é\r\nB,1Z2,ü\r\n".encode("cp1252")),
    ],
)
def test_what_does_not_matter_is_no_fault(read: Reads, settings: str, content: str | bytes) -> None:
    body = content if isinstance(content, bytes) else content.encode()
    found = read(_section(settings), body)
    assert found.quarantined == ()
    assert [(shipment.reference, shipment.packages[0].tracking) for shipment in found.shipments] == [
        ("A", "1Z1"),
        ("B", "1Z2"),
    ]


def test_a_quote_is_a_character_where_values_are_not_quoted(read: Reads) -> None:
    found = read(_section("quoted: false"), 'Order,Tracking\r\n5"A,"1Z1\r\n')
    assert [shipment.reference for shipment in found.shipments] == ['5"A']


def test_only_the_row_with_a_wrong_number_of_columns_is_left_out_where_the_profile_says_so(
    read: Reads,
) -> None:
    found = read(_section("wrong_column_count: row"), "Order,Tracking\r\nA,1Z1\r\nB,1,2\r\nC,1Z3\r\n")
    assert [shipment.reference for shipment in found.shipments] == ["A", "C"]
    [row] = found.unreadable
    assert row.what.startswith("columns: it has 3 columns in place of 2, row 3. ")


def test_rows_of_other_clients_are_not_read(read: Reads) -> None:
    section = """\
    confirmations:
      files: c.csv
      columns: {reference: Order}
      only:
        - {column: Client, values: [ACME, "0815"]}
        - {column: Site, values: east}
    """
    content = "Order,Client,Site\nA,acme,East\nB,OTHER,East\nC,0815,EAST\nD,ACME,West\n"
    found = read(section, content)
    assert [shipment.reference for shipment in found.shipments] == ["A", "C"]
    assert found.unreadable == ()


def test_footer_counts_header_rows(read: Reads) -> None:
    section = """\
    confirmations:
      files: c.csv
      header: false
      records: {H: header, D: detail}
      footer: {mark: T, count_position: 2, counts: headers}
      columns: {reference: {position: 2, record: header}, sku: 2, quantity: 3}
    """
    assert read(section, "H,A\nD,X,1\nD,Y,1\nT,1\n").quarantined == ()
    [quarantined] = read(section, "H,A\nD,X,1\nH,B\nT,1\n").quarantined
    assert quarantined.reason == "its footer says 1 headers, and it has 2"
