"""Mapping files: exported rules are read back unchanged, as CSV and XLSX; every bad row of a file is reported."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from openpyxl import load_workbook

from cartage.lanes.settings.mappings import TextMatch
from cartage.mappings.files import MAPPING_COLUMNS, read_rules_file, rules_to_rows
from cartage.mappings.rules import MethodRule, Part, Rule, SkuRule
from cartage.mappings.services import WarehouseOffers
from cartage.model.orders import ShipMethod
from cartage.spreadsheets import BadFile, rows_to_csv, rows_to_xlsx

RULES: tuple[Rule, ...] = (
    MethodRule("UPS Ground", ShipMethod("UPS", "Ground", "ThirdParty", "0012", "UPSN")),
    MethodRule("=cmd|'/c calc'!A1", ShipMethod("@carrier", "+1"), TextMatch.EXACT),
    MethodRule("'-free-", ShipMethod("USPS")),
    MethodRule(
        "*<b>Ex*", ShipMethod("DHL"), TextMatch.PATTERN, 20, None, datetime(2030, 1, 1, 5, tzinfo=UTC)
    ),
    SkuRule("TEA-SET", (Part("MUG", 4), Part("POT")), datetime(2026, 3, 1, tzinfo=UTC)),
    SkuRule("-1+1", (Part("0012"),)),
    SkuRule("2 x 4", (Part("LUMBER, 2 x 4\nlong"),)),
)
OF_WAREHOUSES: tuple[Rule, ...] = (
    MethodRule("UPS Ground", ShipMethod("UPS", "Ground")),
    MethodRule("UPS Ground", ShipMethod("ShipBob", "Standard"), warehouse="west"),
    MethodRule("*", ShipMethod("ShipBob"), TextMatch.PATTERN, 10, warehouse="west"),
    MethodRule("*", ShipMethod("USPS"), TextMatch.PATTERN, 10),
    SkuRule("TEA-SET", (Part("MUG", 4), Part("POT"))),
    SkuRule("TEA-SET", (Part("SB-SET"),), warehouse="west"),
    SkuRule("TEA-SET", (Part("MUG", 2), Part("CUP", 2)), warehouse="ohio"),
)


def read_rules(content: bytes, name: str) -> tuple[Rule, ...]:
    return read_rules_file(content, name).all_rules()


def csv_file(*rows: dict[str, str]) -> bytes:
    return rows_to_csv(MAPPING_COLUMNS, [dict.fromkeys(MAPPING_COLUMNS, "") | row for row in rows]).encode(
        "utf-8-sig"
    )


def refused(*rows: dict[str, str]) -> list[tuple[int, str]]:
    with pytest.raises(BadFile) as caught:
        read_rules(csv_file(*rows), "rules.csv")
    assert all(row.reason and row.fix for row in caught.value.rows)
    return [(row.row, row.column) for row in caught.value.rows]


def method(store: str = "Ground", **cells: str) -> dict[str, str]:
    return {"kind": "ship_method", "store": store, "carrier": "UPS", **cells}


def sku(store: str = "SET", **cells: str) -> dict[str, str]:
    return {"kind": "sku", "store": store, "item": "MUG", **cells}


def test_exported_rules_are_read_back_unchanged() -> None:
    rows = list(rules_to_rows(RULES))
    assert read_rules(rows_to_csv(MAPPING_COLUMNS, rows).encode("utf-8-sig"), "x") == RULES
    assert read_rules(rows_to_xlsx(MAPPING_COLUMNS, rows, "mappings"), "x") == RULES


def test_no_cell_of_an_export_is_a_formula() -> None:
    rows = list(rules_to_rows(RULES))
    cells = [cell for row in csv.reader(io.StringIO(rows_to_csv(MAPPING_COLUMNS, rows))) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))] == []
    sheet = load_workbook(io.BytesIO(rows_to_xlsx(MAPPING_COLUMNS, rows, "mappings"))).worksheets[0]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}


def test_a_file_that_a_spreadsheet_saved_is_read() -> None:
    text = "Kind;Store;Carrier;Remark\nship method;Ground;UPS;ours\n;;;\nSKU;SET;;\n"
    with pytest.raises(BadFile, match="row 4, column item"):
        read_rules(text.encode(), "x")
    [rule] = read_rules(text.rpartition("SKU")[0].encode(), "x")
    assert rule == MethodRule("Ground", ShipMethod("UPS"))


def test_numbers_of_a_workbook_are_texts() -> None:
    content = rows_to_xlsx(MAPPING_COLUMNS, [sku("SET", quantity="6")], "x")
    book = load_workbook(io.BytesIO(content))
    for column, value in (("store", 1200), ("item", 12.0), ("quantity", 6)):
        book.worksheets[0].cell(2, MAPPING_COLUMNS.index(column) + 1).value = value
    out = io.BytesIO()
    book.save(out)
    assert read_rules(out.getvalue(), "x") == (SkuRule("1200", (Part("12", 6),)),)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({"kind": "carrier", "store": "x"}, "kind"),
        (method(""), "store"),
        (method(carrier=""), "carrier"),
        (method(match="regex"), "match"),
        (method(match="pattern"), "order"),
        (method(match="pattern", order="first"), "order"),
        (method(order="3"), "order"),
        (method(item="MUG"), "item"),
        (method(valid_from="soon"), "valid_from"),
        (method(valid_from="2026-03-02", valid_until="2026-03-01"), "store"),
        (sku(item=""), "item"),
        (sku(quantity="0"), "quantity"),
        (sku(quantity="1.5"), "quantity"),
        (sku(carrier="UPS"), "carrier"),
    ],
)
def test_each_mistake_in_a_row_is_reported_with_its_column(row: dict[str, str], column: str) -> None:
    assert refused(method("Fine"), row) == [(3, column)]


def test_every_bad_row_is_reported_and_so_are_rows_that_clash() -> None:
    assert refused(
        method("Ground"),
        method("Ground", carrier="FedEx"),
        sku(quantity="none"),
        method("A*", match="pattern", order="1"),
        method("B*", match="pattern", order="1"),
        sku("KIT"),
        sku("kit", item="MUG"),
    ) == [(3, "store"), (4, "quantity"), (6, "order"), (8, "item")]


OFFERED = [ShipMethod("UPS", "03", title="Ground"), ShipMethod("UPS", "02", title="2nd Day Air")]


def test_a_row_that_names_what_the_warehouse_does_not_offer_is_a_mistake_and_its_neighbours_are_none() -> (
    None
):
    content = csv_file(
        method("Slow", service="Grond"),
        method("Fast", service="2nd day air"),
        method("Boat", carrier="Ferry"),
        method("Old", carrier="Owl Post", service="Night"),
        method("Any"),
        sku("PACK"),
    )
    in_place = [MethodRule("Old", ShipMethod("Owl Post", "Night"))]
    found = read_rules_file(content, "x", offers=WarehouseOffers({"": OFFERED}), in_place=in_place)
    assert [(row.row, row.column, row.letter) for row in found.mistakes] == [
        (2, "service", "F"),
        (4, "carrier", "E"),
    ]
    assert [row.reason for row in found.mistakes] == [
        "the warehouse offers no service 'Grond' of UPS",
        "the warehouse offers no carrier 'Ferry'",
    ]
    assert "It offers 2nd Day Air, Ground. Choose" in found.mistakes[0].fix
    assert [rule.store for rule in found.rules] == ["Fast", "Old", "Any", "PACK"]


def test_a_row_that_clashes_and_is_not_offered_has_both_mistakes_and_the_row_it_clashes_with_stays() -> None:
    content = csv_file(method("Ground"), method("Ground", carrier="Ferry"))
    found = read_rules_file(content, "x", offers=WarehouseOffers({"": OFFERED}))
    assert [(row.row, row.column) for row in found.mistakes] == [(3, "store"), (3, "carrier")]
    assert found.rules == (MethodRule("Ground", ShipMethod("UPS")),)


def test_the_sound_rows_of_a_file_are_read_and_a_kit_with_a_bad_row_is_not_sound() -> None:
    found = read_rules_file(
        csv_file(
            sku("KIT"),
            sku("KIT", item="", quantity="2"),
            sku("PACK", quantity="6"),
            sku("PACK", item="LID"),
            method("KIT"),
            method("Ground"),
            method("Ground", carrier="FedEx"),
        ),
        "x",
    )
    assert found.rules == (
        SkuRule("PACK", (Part("MUG", 6), Part("LID"))),
        MethodRule("KIT", ShipMethod("UPS")),
        MethodRule("Ground", ShipMethod("UPS")),
    )
    assert [(row.row, row.column, row.letter) for row in found.mistakes] == [
        (3, "item", "J"),
        (8, "store", "B"),
    ]


def test_a_date_is_read_in_the_columns_of_dates_however_it_is_written() -> None:
    content = b"kind,store,item,valid_from,valid_until\nsku,SET,MUG,2026-03-01,2026-04-01T14:00+02:00\n"
    [rule] = read_rules(content, "x")
    assert (rule.valid_from, rule.valid_until) == (
        datetime(2026, 3, 1, tzinfo=UTC),
        datetime(2026, 4, 1, 12, tzinfo=UTC),
    )
    assert refused(sku(valid_from="0001-01-01T00:00+14:00")) == [(2, "valid_from")]
    assert refused(sku(valid_from="3/1/2026"), sku("2026-03-01x", valid_until="TRUE")) == [
        (2, "valid_from"),
        (3, "valid_until"),
    ]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"PK\x03\x04 nonsense", b"store\nGround\n"])
def test_a_file_that_is_not_a_table_of_rules_is_refused(content: bytes) -> None:
    with pytest.raises(BadFile):
        read_rules(content, "x")


def test_rules_of_several_warehouses_are_read_back_unchanged() -> None:
    content = rows_to_csv(MAPPING_COLUMNS, list(rules_to_rows(OF_WAREHOUSES))).encode()
    found = read_rules_file(content, "x", warehouses=("ohio", "west"))
    assert found.mistakes == ()
    assert found.rules == OF_WAREHOUSES


def test_rows_without_a_warehouse_are_those_of_the_one_that_the_file_is_for() -> None:
    rows = [sku("MUG"), sku("CUP", warehouse="ohio")]
    found = read_rules_file(csv_file(*rows), "x", warehouses=("ohio", "west"), of="west")
    assert [rule.warehouse for rule in found.rules] == ["west", "ohio"]


@pytest.mark.parametrize(
    ("warehouses", "fix"), [((), "Leave it empty."), (("ohio", "west"), "Did you mean west?")]
)
def test_a_warehouse_that_the_lane_does_not_have_is_a_mistake(warehouses: tuple[str, ...], fix: str) -> None:
    found = read_rules_file(csv_file(sku("MUG", warehouse="wets"), sku("CUP")), "x", warehouses=warehouses)
    [mistake] = found.mistakes
    assert (mistake.row, mistake.column, mistake.fix) == (2, "warehouse", fix)
    assert [rule.store for rule in found.rules] == ["CUP"]


def test_each_row_is_checked_by_the_offer_of_its_own_warehouse() -> None:
    offers = WarehouseOffers({"ohio": OFFERED, "west": [ShipMethod("ShipBob", "Standard")]})
    rows = [
        method("A", carrier="ShipBob", warehouse="west"),
        method("B", carrier="ShipBob", warehouse="ohio"),
        method("C", carrier="ShipBob"),
        method("D", carrier="Ferry"),
    ]
    found = read_rules_file(csv_file(*rows), "x", offers=offers, warehouses=("ohio", "west"))
    assert [(mistake.row, mistake.column) for mistake in found.mistakes] == [(3, "carrier"), (5, "carrier")]


def test_a_rule_for_all_may_name_anything_while_the_offer_of_one_warehouse_is_not_known() -> None:
    offers = WarehouseOffers({"ohio": OFFERED, "west": []})
    found = read_rules_file(
        csv_file(method("D", carrier="Ferry")), "x", offers=offers, warehouses=("ohio", "west")
    )
    assert found.mistakes == ()
