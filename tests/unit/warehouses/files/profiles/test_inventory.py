from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from cartage.warehouses.documents import DocumentPart, InboundDocument
from cartage.warehouses.files.profiles.csv_format import CsvFormat
from cartage.warehouses.files.profiles.library import open_profile
from cartage.warehouses.listed import StockLevel
from cartage.warehouses.unreadable import RowKind
from tests.unit.warehouses.files.profiles.conftest import Reads

_SECTION = """\
inventory:
  files: i.csv
  columns:
    sku: sku
    available: {heading: available, required: false}
    on_hand: {heading: on_hand, required: false}
    allocated: {heading: allocated, required: false}
    on_hold: {heading: on_hold, required: false}
    as_of: {heading: as_of, required: false}
"""


def _level(sku: str, on_hand: int, available: int, allocated: int = 0, on_hold: int = 0) -> StockLevel:
    return StockLevel(sku, Decimal(on_hand), Decimal(available), Decimal(allocated), Decimal(on_hold))


@pytest.mark.parametrize(
    ("content", "level"),
    [
        ("sku,available\nMUG,5\n", _level("MUG", 5, 5)),
        # What orders have taken is still in it.
        ("sku,on_hand\nMUG,5\n", replace(_level("MUG", 5, 5), on_hand_only=True)),
        ("sku,available,on_hand\nMUG,,5\n", replace(_level("MUG", 5, 5), on_hand_only=True)),
        ("sku,on_hand,allocated\nMUG,5,\n", _level("MUG", 5, 5)),
        ("sku,on_hand,allocated,on_hold\nMUG,9,3,2\n", _level("MUG", 9, 4, 3, 2)),
        ("sku,available,allocated\nMUG,4,3\n", _level("MUG", 7, 4, 3)),
        ("sku,available,on_hand\nMUG,4,\n", _level("MUG", 4, 4)),
        ("sku,available\nMUG,-2\n", _level("MUG", -2, -2)),
        ("sku,available\nMUG,0\n", _level("MUG", 0, 0)),
    ],
)
def test_the_stock_of_a_sku(read: Reads, content: str, level: StockLevel) -> None:
    found = read(_SECTION, content)
    assert found.stock == (level,)
    assert (found.stock_full, found.unreadable) == (True, ())
    assert found.parts == {DocumentPart.STOCK}


@pytest.mark.parametrize(
    ("settings", "stock", "unreadable"),
    [
        ("", {"MUG": 5, "TEA": 1}, 0),
        ("  repeated_sku: last\n", {"MUG": 2, "TEA": 1}, 0),
        ("  repeated_sku: unreadable\n", {"TEA": 1}, 1),
    ],
)
def test_several_rows_of_one_sku(read: Reads, settings: str, stock: dict[str, int], unreadable: int) -> None:
    found = read(_SECTION + settings, "sku,available\nMUG,3\nTEA,1\nMUG,2\n")
    assert {level.sku: level.available for level in found.stock} == stock
    assert len(found.unreadable) == unreadable


@pytest.mark.parametrize(
    ("row", "name", "what"),
    [
        ("MUG,many", "MUG", "available (column 'available'): not a number"),
        ("MUG,", "MUG", "available (column 'available'): missing"),
        (",4", "", "sku (column 'sku'): missing"),
        ("6.12E+11,4", "", "sku (column 'sku'): a number in exponent form, which has lost digits"),
    ],
)
def test_a_bad_row_takes_its_sku_out_and_nothing_falls_to_zero(
    read: Reads, row: str, name: str, what: str
) -> None:
    found = read(_SECTION, f"sku,available\nMUG,3\n{row}\nTEA,1\n")
    expected = ["TEA"] if name else ["MUG", "TEA"]
    assert [level.sku for level in found.stock] == expected
    # Whatever the row was about is not in the file: what is absent must keep its last level.
    assert not found.stock_full
    [unreadable] = found.unreadable
    assert (unreadable.kind, unreadable.name) == (RowKind.STOCK, name)
    assert unreadable.what.startswith(f"{what}, row 3. ")


@pytest.mark.parametrize(
    ("settings", "content", "full", "skus"),
    [
        ("  content: delta\n", "sku,available\nMUG,3\n", False, ["MUG"]),
        ("  zero: not_reported\n", "sku,available\nMUG,3\nTEA,0\n", False, ["MUG"]),
        ("  may_be_empty: true\n", "sku,available\n", True, []),
    ],
)
def test_what_a_file_says_about_skus_that_it_does_not_have(
    read: Reads, settings: str, content: str, full: bool, skus: list[str]
) -> None:
    found = read(_SECTION + settings, content)
    assert (found.stock_full, [level.sku for level in found.stock]) == (full, skus)


def test_a_file_without_a_row_is_no_empty_warehouse(read: Reads) -> None:
    found = read(_SECTION, "sku,available\n")
    assert (found.stock, found.stock_full) == ((), False)
    assert found.quarantined[0].reason == "it has no row"
    assert read(_SECTION, "sku,available\n", released=True).quarantined == ()


@pytest.mark.parametrize(
    "content", ["sku,available\nMUG,3\nTEA,1", "sku,available\nMUG,3\nTEA\n", "sku,stock\nMUG,3\n"]
)
def test_a_file_that_may_be_short_changes_nothing(read: Reads, content: str) -> None:
    section = _SECTION.replace("available: {heading: available, required: false}", "available: available")
    found = read(section, content)
    assert (found.stock, found.stock_full, len(found.quarantined)) == ((), False, 1)


@pytest.mark.parametrize(
    ("name_time", "name", "as_of"),
    [
        ("inv_*_%y%m%d%H%M%S.csv", "inv_1_261103040506.csv", datetime(2026, 11, 3, 4, 5, 6, tzinfo=UTC)),
        ("inv_*_%Y%m%d%H%M.csv", "INV_1_202611030405.CSV", datetime(2026, 11, 3, 4, 5, tzinfo=UTC)),
        ("inv_%Y-%m-%d*", "inv_2026-11-03_final.csv", datetime(2026, 11, 3, 12, tzinfo=UTC)),
        ("inv_%d%b%Y.csv", "inv_03Nov2026.csv", datetime(2026, 11, 3, 12, tzinfo=UTC)),
        ("inv_*_%y%m%d%H%M%S.csv", "inv_1_269903040506.csv", None),
        ("inv_*_%y%m%d%H%M%S.csv", "inv_1.csv", None),
    ],
)
def test_the_time_of_a_files_name(read: Reads, name_time: str, name: str, as_of: datetime | None) -> None:
    section = _SECTION.replace("i.csv", "inv_*") + f"  name_time: '{name_time}'\n"
    assert read(section, "sku,available\nMUG,3\n", name).stock_as_of == as_of


def test_the_time_of_the_rows(read: Reads) -> None:
    found = read(_SECTION, "sku,available,as_of\nMUG,3,2026-11-03T04:00Z\nTEA,1,2026-11-03T03:00Z\n")
    assert found.stock_as_of == datetime(2026, 11, 3, 3, tzinfo=UTC)


def test_dsfx_reads_an_inventory() -> None:
    csv_format = CsvFormat(open_profile("dsfx"))
    document = InboundDocument("/out/inv_1_220129143500.csv", b'"SKU","Quantity"\r\n"13358A","16"\r\n')
    found = csv_format.read(document)
    assert found.stock == (_level("13358A", 16, 16),)
    assert found.stock_as_of == datetime(2022, 1, 29, 14, 35, tzinfo=UTC)
    assert found.stock_full


def test_a_row_with_a_wrong_number_of_columns_takes_its_sku_out(read: Reads) -> None:
    """The SKU's other rows alone would be less than there is."""
    found = read(f"{_SECTION}  wrong_column_count: row\n", "sku,available\nMUG,3\nMUG,2,x\nTEA,1\n")
    assert [level.sku for level in found.stock] == ["TEA"]
    assert (found.stock_full, len(found.unreadable)) == (False, 1)
