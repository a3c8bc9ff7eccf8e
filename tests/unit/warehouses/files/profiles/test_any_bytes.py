"""Whatever a file holds, reading it gives values, named rows or a quarantine, and never an error."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from textwrap import dedent

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cartage.warehouses.documents import InboundDocument
from cartage.warehouses.files.formats import ReadFile
from cartage.warehouses.files.profiles.csv_format import CsvFormat
from cartage.warehouses.files.profiles.library import open_profile
from cartage.warehouses.files.profiles.settings.profile import CsvProfile
from tests.unit.warehouses.files.examples import many_examples
from tests.unit.warehouses.files.profiles.conftest import ORDERS

# A profile that uses what the built-in ones do not: positions, kinds of rows, footers, filters, other characters.
_ODD = """
confirmations:
  files: c.csv
  header: false
  delimiter: ";"
  encoding: cp1252
  records: {H: header, D: detail}
  footer: {mark: T, count_position: 2, counts: headers}
  wrong_column_count: ignore
  decimal_point: ","
  thousands: "."
  time_formats: ["%d.%m.%Y", "%d.%m.%y %H:%M", iso]
  time_zone: America/New_York
  columns:
    reference: {position: 2, record: header}
    shipped_at: {position: 3, record: header}
    complete: {position: 4, record: header}
    sku: 2
    quantity: 3
    tracking: 4
    shipment_id: 5
    carton: 6
acknowledgements:
  files: a.csv
  wrong_column_count: row
  quoted: false
  columns: {reference: order, status: status, reason: reason}
  only: [{column: client, values: [ACME]}]
inventory:
  files: i.csv
  encoding: utf-16
  delimiter: tab
  content: delta
  zero: not_reported
  repeated_sku: unreadable
  final_line_end: false
  columns: {sku: sku, on_hand: on hand, allocated: {heading: allocated, required: false}, as_of: as of}
"""
_PLAIN = CsvFormat(open_profile("plain"))
_DSFX = CsvFormat(open_profile("dsfx"))
_OWN = CsvFormat(CsvProfile.model_validate(yaml.safe_load(ORDERS + _ODD)))


@dataclass(frozen=True, slots=True)
class _Case:
    """A kind of file: the format, its name, its headings or kinds of rows, and how its rows are written."""

    csv_format: CsvFormat
    name: str
    heads: tuple[str, ...]
    delimiter: str = ","
    codec: str = "utf-8"

    @property
    def has_headings(self) -> bool:
        return "H" not in self.heads


_CASES = [
    _Case(
        _PLAIN, "shipments_1.csv", ("order", "sku", "quantity", "tracking", "ship_date", "complete", "line")
    ),
    _Case(_PLAIN, "acknowledgements_1.csv", ("order", "status", "reason")),
    _Case(_PLAIN, "inventory_1.csv", ("sku", "available", "on_hand", "allocated")),
    _Case(_DSFX, "shp_1.csv", ("Order Number", "Tracking Number", "SKU", "Quantity", "Ship Date")),
    _Case(_DSFX, "inv_1_261103040506.csv", ("SKU", "Quantity")),
    _Case(_OWN, "c.csv", ("H", "D", "D"), ";", "cp1252"),
    _Case(_OWN, "a.csv", ("order", "status", "reason", "client")),
    _Case(_OWN, "i.csv", ("sku", "on hand", "as of"), "\t", "utf-16"),
]
_REFERENCES = ["A3_1_0", "A3_2_0", "A3_3_0B"]
_TRACKING = ["1Z0001", "1Z0002", "1Z0003|1Z0004", ""]
_DATES = ["2026-11-03", "2026-11-03T08:00-05:00", ""]
# What is good in the columns of a heading, or of a kind of row.
_GOOD: dict[str, list[list[str]]] = {
    "order": [_REFERENCES],
    "Order Number": [_REFERENCES],
    "sku": [["MUG", "TEA", '="0012"']],
    "SKU": [["MUG", "TEA", "13358A"]],
    "quantity": [["1", "2.5", "0"]],
    "Quantity": [["1", "2", "0"]],
    "tracking": [_TRACKING],
    "Tracking Number": [_TRACKING],
    "ship_date": [_DATES],
    "Ship Date": [_DATES],
    "as of": [_DATES],
    "complete": [["y", "n", ""]],
    "line": [["71", "72", ""]],
    "status": [["accepted", "rejected"]],
    "reason": [["no such SKU", ""]],
    "client": [["ACME", "ACME", "OTHER"]],
    "available": [["5", "0", "-1"]],
    "on_hand": [["7", ""]],
    "on hand": [["7", "0"]],
    "allocated": [["1", ""]],
    "H": [_REFERENCES, ["03.11.2026", "3.11.26 08:00"], ["y", "n"]],
    "D": [["MUG", "TEA"], ["1", "2,5", "1.000"], _TRACKING, ["S1", ""], ["1", "2", ""]],
    "T": [[""]],
}
_ODD_CELLS = [
    "1.2E+11",
    "-2",
    "1.234,5",
    "1e999999",
    "NaN",
    "0001-01-01",
    "9999-12-31T23:59:59-14:00",
    "#N/A",
]
_ODD_CELLS += ["\u0663", "\ufffd", "9" * 300, "maybe", " a ", 'a"b', "a\nb", "", ",", ";"]
_MARKS = [",", ";", "\t", "|", '"', '""', "\n", "\r\n", "\r", "\0", "\x1a", "\ufeff", " ", "\x85", "\u2028"]
_odd = st.sampled_from(_ODD_CELLS) | st.text(max_size=4)
_loose = st.lists(st.sampled_from(_MARKS) | st.sampled_from(_ODD_CELLS) | _odd, max_size=40).map("".join)


@st.composite
def _rows(draw: st.DrawFn, heads: tuple[str, ...]) -> list[str]:
    """Draw a row with what is good in its columns, and now and then something else."""
    columns = [values for head in heads for values in _GOOD[head]]
    return [
        draw(_odd) if draw(st.integers(0, 15)) == 0 else draw(st.sampled_from(values)) for values in columns
    ]


@st.composite
def _files(draw: st.DrawFn) -> tuple[_Case, bytes]:
    """Draw a file: a good table with good and odd values, of which some bytes may be damaged; or anything at all."""
    case = draw(st.sampled_from(_CASES))
    if draw(st.integers(0, 5)) == 0:
        return case, draw(
            st.binary(max_size=200) | _loose.map(lambda text: text.encode(case.codec, "replace"))
        )
    if case.has_headings:
        rows = [list(case.heads), *draw(st.lists(_rows(case.heads), min_size=1, max_size=6))]
    else:
        heads = ["H", *draw(st.lists(st.sampled_from(case.heads), max_size=6))]
        rows = [[head, *draw(_rows((head,)))] for head in heads]
        rows.append(["T", str(heads.count("H"))])
    text = io.StringIO()
    csv.writer(
        text, delimiter=case.delimiter, lineterminator=draw(st.sampled_from(["\n", "\r\n"]))
    ).writerows(rows)
    content = text.getvalue().encode(case.codec, "replace")
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        at = draw(st.integers(0, len(content)))
        gone = draw(st.integers(0, 3))
        content = content[:at] + draw(st.binary(max_size=2)) + content[at + gone :]
    return case, content


_seen: Counter[str] = Counter()


@many_examples
@given(_files())
def test_any_bytes_give_values_rows_or_a_quarantine(drawn: tuple[_Case, bytes]) -> None:
    case, content = drawn
    document = InboundDocument(f"out/{case.name}", content)
    found = case.csv_format.read(document)
    assert found == case.csv_format.read(document)
    _check(found)
    values = (found.shipments, found.accepted, found.rejected, found.cancelled, found.stock)
    if found.quarantined:
        assert not any(values)
        assert not found.stock_full
    _check(case.csv_format.read(document, released=True))
    _seen.update(
        {case.name: any(values), "unreadable": bool(found.unreadable), "quarantined": bool(found.quarantined)}
    )


def test_the_examples_were_of_every_kind() -> None:
    """Bytes that are only ever refused would prove nothing about the values; this runs after the test above."""
    if not _seen:
        test_any_bytes_give_values_rows_or_a_quarantine()
    wanted = {*(case.name for case in _CASES), "unreadable", "quarantined"}
    assert {name for name, count in _seen.items() if count} == wanted


def _check(found: ReadFile) -> None:
    """Check what the ledger relies on: texts that it can keep, keys that it can index, numbers that are finite."""
    for text in _texts(found):
        json.dumps(text).encode()
        assert "\0" not in text
        text.encode()
    for shipment in found.shipments:
        assert shipment.packages
        assert "" not in {shipment.reference, shipment.remote_id}
        assert len(shipment.key) < 1000
        assert all(content.quantity > 0 for content in shipment.lines)
    keys = [shipment.key for shipment in found.shipments]
    assert len(keys) == len(set(keys))
    for level in found.stock:
        assert level.sku
        assert all(value.is_finite() for value in (level.available, level.on_hand))
    assert len({level.sku for level in found.stock}) == len(found.stock)
    for row in found.unreadable:
        assert 0 < len(row.what) < 1000
        assert len(row.content_hash) == 64
    for part in found.quarantined:
        assert part.reason and part.fix


def _texts(found: ReadFile) -> Iterator[str]:
    for shipment in found.shipments:
        yield from (shipment.key, shipment.reference, shipment.remote_id)
        for package in shipment.packages:
            yield from (package.key, package.tracking, package.carrier, package.service)
        yield from (content.sku for content in shipment.lines)
    for accepted in found.accepted:
        yield from (accepted.reference, accepted.remote_id)
    for rejected in found.rejected:
        yield from (rejected.reference, rejected.reason, rejected.remote_id)
    yield from (level.sku for level in found.stock)
    for row in found.unreadable:
        yield from (row.what, row.name)
    for part in found.quarantined:
        yield from (part.reason, part.where, part.fix)


_ROWS = 6
_FOOTED = CsvFormat(
    CsvProfile.model_validate(
        yaml.safe_load(
            ORDERS
            + dedent(
                """\
                confirmations:
                  files: c.csv
                  footer: {mark: END, count_position: 2}
                  columns: {reference: order, tracking: tracking, sku: sku, quantity: quantity}
                inventory:
                  files: i.csv
                  columns: {sku: sku, available: available}
                """
            )
        )
    )
)
_JUNK = st.text(alphabet=st.characters(exclude_characters='",\r\n\0', codec="utf-8"), max_size=20)


def _confirmation(cells: dict[tuple[int, int], str]) -> bytes:
    rows = [["order", "tracking", "sku", "quantity"]]
    rows += [[f"A{row}", f"1Z000{row}", f"SKU-{row}", "2"] for row in range(_ROWS)]
    for (row, column), text in cells.items():
        rows[row + 1][column] = text
    rows.append(["END", str(_ROWS), "", ""])
    return "".join(",".join(row) + "\r\n" for row in rows).encode()


@many_examples
@given(st.integers(0, _ROWS - 1), st.integers(0, 3), _JUNK)
def test_one_bad_cell_costs_no_other_row(row: int, column: int, junk: str) -> None:
    good = _FOOTED.read(InboundDocument("c.csv", _confirmation({})))
    found = _FOOTED.read(InboundDocument("c.csv", _confirmation({(row, column): junk})))
    assert not found.quarantined
    others = [shipment for shipment in good.shipments if shipment.reference != f"A{row}"]
    kept = {shipment.key: shipment for shipment in found.shipments}
    assert len(others) == _ROWS - 1
    for shipment in others:
        # The junk may happen to be another row's reference or number; then it is a row of that one's.
        if junk.strip() not in {shipment.reference, shipment.packages[0].tracking}:
            assert kept[shipment.key] == shipment


@many_examples
@given(st.data())
def test_a_file_that_is_cut_off_anywhere_changes_nothing(data: st.DataObject) -> None:
    whole = _confirmation({})
    content = whole[: data.draw(st.integers(0, len(whole) - 1))]
    found = _FOOTED.read(InboundDocument("c.csv", content))
    if content.rstrip(b"\r\n, ") == whole.rstrip(b"\r\n, "):
        assert len(found.shipments) == _ROWS
    else:
        assert found.quarantined
        assert not found.shipments


@many_examples
@given(st.data())
def test_a_cut_off_inventory_is_short_by_whole_lines_at_most(data: st.DataObject) -> None:
    """Without a footer, a file that ends between two lines looks whole; the breaker judges what is missing."""
    lines = [b"sku,available\r\n", *(b"SKU-%d,%d\r\n" % (row, row + 100) for row in range(_ROWS))]
    whole = b"".join(lines)
    content = whole[: data.draw(st.integers(0, len(whole)))]
    found = _FOOTED.read(InboundDocument("i.csv", content))
    levels = {level.sku: level.available for level in found.stock}
    assert levels == {f"SKU-{row}": Decimal(row + 100) for row in range(len(levels))}
    assert found.quarantined or content.endswith((b"\r\n", b"\r"))


_SMALLEST = [b"", b"\n", b"\0", b'"', b",", b"\xff\xfe", b"\xef\xbb\xbf", b"\x1a", b'"\n' * 1000]


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("content", _SMALLEST)
def test_the_smallest_files(case: _Case, content: bytes) -> None:
    document = InboundDocument(case.name, content)
    assert case.csv_format.read(document).quarantined
    _check(case.csv_format.read(document, released=True))
