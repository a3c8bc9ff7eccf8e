"""Tables of people's spreadsheets: a cell is read right, whatever saved it, or named with its place and the fix."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from cartage.spreadsheets import (
    BadFile,
    HeadedTable,
    OddCell,
    read_table,
    rows_to_csv,
    rows_to_xlsx,
    unescape_cell,
)
from cartage.spreadsheets.writing import table_to_csv
from tests.unit.spreadsheets.workbooks import MAIN, number, row, shared, sheet, text, workbook_parts, zipped

COLUMNS = ("sku", "note")


def table(content: bytes) -> HeadedTable:
    return read_table(content, "file", COLUMNS, ("sku",), "Add it.")


def texts(content: bytes) -> list[tuple[int, str, str]]:
    found = list(table(content).rows)
    assert [line.fault for line in found if line.fault] == []
    assert [cell for line in found for cell in line.cells.values() if isinstance(cell, OddCell)] == []
    return [(line.number, line.text("sku"), line.text("note")) for line in found]


def mistakes(content: bytes) -> list[str]:
    found = table(content)
    return [
        str(bad) for line in found.rows for bad in ([line.fault] if line.fault else found.odd_cells(line))
    ]


def refused(content: bytes) -> str:
    with pytest.raises(BadFile) as caught:
        list(table(content).rows)
    return str(caught.value)


def workbook(*cells: str, dimension: str = "", **how: str) -> bytes:
    rows = [row([text("sku"), text("note")], 1)] + [row([cell, text("x")]) for cell in cells]
    return zipped(workbook_parts(sheet(rows, dimension), ["Shared", "a_x000D_b"], **how))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
def test_a_csv_file_is_read_as_each_program_saves_it(end: str, mark: str, encoding: str) -> None:
    lines = [f"SKU{mark}Note", f"0012{mark}Café", "", f'"two\nlines"{mark}"2"" pipe"', f"{mark}alone"]
    assert texts(end.join(lines).encode(encoding)) == [
        (2, "0012", "Café"),
        (4, "two\nlines", '2" pipe'),
        (5, "", "alone"),
    ]


def test_the_line_that_names_the_separator_is_not_a_row() -> None:
    assert texts(b"sep=;\r\nsku;note\r\nA;1,5\r\n") == [(2, "A", "1,5")]


def test_a_guessed_encoding_is_said_with_the_letters_that_depend_on_it() -> None:
    found = table("sku,note\nA,Größe\n".encode("cp1252"))
    assert [line.text("note") for line in found.rows] == ["Größe"]
    [note] = found.notes
    assert note.startswith("The file is not UTF-8 and was read as Windows-1252 (Western Europe).")
    assert note.endswith("Check row 2, column note (B): 'Größe'.")


def test_one_damaged_letter_does_not_change_the_encoding_of_the_others() -> None:
    content = "sku,note\nA,Größe\nB,Café\n".encode().replace(b"Caf\xc3\xa9", b"Caf\xc3")
    [line, _] = table(content).rows
    assert line.text("note") == "Größe"
    [mistake] = mistakes(content)
    assert mistake.startswith("  row 3, column note (B): has a character that cannot be read")


@pytest.mark.parametrize("rest", ["B,2\nC,3\n", 'B,"2"\nC,3\n', '"B",2\nC,3\n', 'B,"two\nlines"\nC,3\n'])
def test_a_missing_quotation_mark_costs_its_own_row_only(rest: str) -> None:
    content = f'sku,note\n"A,1\n{rest}'.encode()
    found = list(table(content).rows)
    assert [line.text("sku") for line in found] == ["", "B", "C"]
    [mistake] = mistakes(content)
    assert mistake.startswith("  row 2, column sku (A): has a quotation mark without its counterpart")


def test_an_endless_cell_ends_nothing_but_itself() -> None:
    content = b'sku,note\n"' + b"A,1\n" * 50_000
    assert len(mistakes(content)) == 1
    assert [line.text("sku") for line in table(content).rows][1:] == ["A"] * 49_999
    long_ = b"sku,note\n" + b"A" * 200_000 + b",1\nB,2\n"
    [mistake] = mistakes(long_)
    assert "row 2" in mistake and "200,002 characters" in mistake


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("#N/A", "the error value #N/A"),
        ("8.94E+12", "8.94E+12, a number that a spreadsheet showed in part"),
        ("1234567890123450000000", "a number that a spreadsheet showed in part"),
        ("TRUE", "the logical value TRUE"),
        ("1-Mar", "the date 1-Mar"),
        ("=A1&B1", "the formula '=A1&B1'"),
        ("A\0B", "the control character U+0000"),
        ("A" * 40_000, "40,000 characters"),
    ],
)
def test_what_a_csv_file_cannot_mean_as_text_is_named(cell: str, found: str) -> None:
    [mistake] = mistakes(f"sku,note\n{cell},x\nB,y\n".encode())
    assert mistake.startswith("  row 2, column sku (A): ")
    assert found in mistake


@pytest.mark.parametrize(
    ("cell", "meant"),
    [("'TRUE", "TRUE"), ("'8.94E+12", "8.94E+12"), ('"=""0012"""', "0012"), ("'=A1", "=A1"), ("1E5", "1E5")],
)
def test_a_text_that_looks_like_something_else_can_be_written(cell: str, meant: str) -> None:
    assert texts(f"sku,note\n{cell},x\n".encode()) == [(2, meant, "x")]


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffd"), min_size=1))
)
def test_every_written_text_is_read_back_unchanged(written: list[str]) -> None:
    written = [cell for cell in written if cell.strip() == cell]
    rows = [{"sku": cell, "note": "x"} for cell in [*written, "TRUE", "'TRUE", "#N/A", "_x0041_", "A\r\nB"]]
    meant = [(place, cells["sku"], "x") for place, cells in enumerate(rows, 2)]
    assert texts(rows_to_csv(COLUMNS, rows).encode("utf-8-sig")) == meant
    assert texts(rows_to_xlsx(COLUMNS, rows, "t")) == meant


@pytest.mark.parametrize("text", ["<r><t>7</t></r>", "<r></r>", "<r>=1+1</r>", "'<r>x</r>"])
def test_a_text_that_the_writer_could_take_for_markup_stays_text(text: str) -> None:
    book = rows_to_xlsx(COLUMNS, [{"sku": text, "note": "x"}], "t")
    assert texts(book) == [(2, text, "x")]
    assert load_workbook(io.BytesIO(book)).worksheets[0]["A2"].value == text


def test_a_text_longer_than_a_cell_holds_is_cut() -> None:
    book = rows_to_xlsx(["sku"], [{"sku": "x" * 40_000}, {"sku": "next"}], "t")
    sheet = load_workbook(io.BytesIO(book)).worksheets[0]
    assert (len(sheet["A2"].value), sheet["A3"].value) == (32_767, "next")


def test_a_cell_that_no_sheet_has_is_an_error() -> None:
    with pytest.raises(ValueError, match="sheet wide: Excel has no row 1, column 16385"):
        rows_to_xlsx([f"c{number}" for number in range(16_385)], [], "wide")


def test_an_escaped_text_is_marked_as_text_for_the_spreadsheet_too() -> None:
    content = rows_to_xlsx(COLUMNS, [{"sku": "TRUE"}, {"sku": "MUG"}], "t")
    cells = [cells[0] for cells in load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(min_row=2)]
    assert [bool(cell.quotePrefix) for cell in cells] == [True, False]


@pytest.mark.parametrize("dimension", ["A1", "A1:B2", "A1:A9", "A1:XFD1048576", "nonsense", ""])
def test_a_sheet_is_read_whatever_it_says_about_its_size(dimension: str) -> None:
    content = workbook(text("A"), text("B"), text("C"), dimension=dimension)
    assert texts(content) == [(2, "A", "x"), (3, "B", "x"), (4, "C", "x")]


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        (number("1200"), "1200"),
        (number("12.0"), "12"),
        (number("1.2345678901E10"), "12345678901"),
        (number("-7"), "-7"),
        (number("12345", 3), "12345"),
        (shared(0), "Shared"),
        (shared(1), "a\rb"),
        (shared(0, ' s="6"'), "Shared"),
        ('<c t="inlineStr" s="6"><is><t>8.94E+12</t></is></c>', "8.94E+12"),
        ('<c t="inlineStr"><is><r><t>A</t></r><r><t>B</t></r><rPh><t>C</t></rPh></is></c>', "AB"),
        ('<c t="str"><f>A1</f><v>SET</v></c>', "SET"),
        ("<c><f>2*3</f><v>6</v></c>", "6"),
        ('<c t="str"><f>""</f><v></v></c>', ""),
    ],
)
def test_a_cell_of_a_workbook_is_read_by_its_type(cell: str, meant: str) -> None:
    assert texts(workbook(cell)) == [(2, meant, "x")]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        (number("0.5"), "the number 0.5, which is not whole"),
        (number("1234567890123456789012"), "keeps only 15 digits"),
        (number("8940000000000", 2), "which the format '0.00E+00' shows as another text"),
        (number("12", 3), "which the format '00000' shows as another text"),
        (number("45000", 1), "the date 2023-03-15"),
        (number("0.5", 5), "the time 12:00:00"),
        ('<c t="b"><v>1</v></c>', "the logical value TRUE"),
        ('<c t="e"><v>#N/A</v></c>', "the error value #N/A"),
        ("<c><f>A1+1</f></c>", "a formula whose result the file does not have"),
        (shared(77), "the text '77', which the file does not have"),
        (number("abc"), "cannot be read: 'abc'"),
        (text("A_x0000_B"), "the control character U+0000"),
    ],
)
def test_a_cell_that_is_no_text_is_named_and_its_neighbours_are_read(cell: str, found: str) -> None:
    content = workbook(text("A"), cell, text("C"))
    [mistake] = mistakes(content)
    assert mistake.startswith("  row 3, column sku (A): ")
    assert found in mistake
    assert [line.text("sku") for line in table(content).rows] == ["A", "", "C"]


def test_what_is_not_needed_of_a_workbook_may_be_damaged() -> None:
    parts = workbook_parts(sheet([row([text("sku")]), row([text("A")])]))
    parts |= {"docProps/core.xml": "<oops", "xl/theme/theme1.xml": "", "[Content_Types].xml": ""}
    parts["xl/styles.xml"] = parts["xl/styles.xml"].replace("<patternFill/>", "")
    assert texts(zipped(parts)) == [(2, "A", "")]


def test_a_workbook_in_the_strict_form_of_the_standard_is_read() -> None:
    parts = workbook_parts(sheet([row([text("sku")]), row([text("A")])]))
    strict = {
        name: part.replace(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main")
        for name, part in parts.items()
    }
    assert texts(zipped(strict)) == [(2, "A", "")]


def test_the_first_visible_sheet_is_read_and_further_ones_are_said() -> None:
    parts = workbook_parts(sheet([row([text("sku")]), row([text("A")])]))
    hidden = '<sheet name="Lists" sheetId="2" state="hidden" r:id="rId9"/>'
    other = '<sheet name="Old" sheetId="3" r:id="rId1"/></sheets>'
    parts["xl/workbook.xml"] = (
        parts["xl/workbook.xml"].replace("<sheets>", f"<sheets>{hidden}").replace("</sheets>", other)
    )
    assert texts(zipped(parts)) == [(2, "A", "")]
    assert table(zipped(parts)).notes == ["Only the sheet 'Rules' was read; the file also has 'Old'."]


def test_a_sheet_that_is_cut_off_says_where() -> None:
    parts = workbook_parts(sheet([row([text("sku")]), row([text("A")]), "<row><c"]))
    [found, last] = table(zipped(parts)).rows
    assert (found.number, found.text("sku")) == (2, "A")
    assert last.fault is not None and last.fault.row == 3 and "damaged from here on" in last.fault.reason


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (workbook(text("A"), kind="chartsheet"), "no sheet with cells, only charts"),
        (workbook(text("A"))[:300], "the workbook is damaged"),
        (b"PK\x03\x04 nonsense", "the workbook is damaged"),
        (zipped({"word/document.xml": "<x/>"}), "not an XLSX workbook"),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}), "another type than XLSX"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Excel file"),
        (b"%PDF-1.7", "a PDF"),
        (b"\n<html><table>", "a web page"),
        (b"", "the column sku is missing"),
        (b"name,note\nA,x\n", "the column sku is missing. Add it."),
        (b"sku,note,SKU\nA,x,B\n", "row 1, column sku (C): this heading is also in column A"),
        (b'"sku,note\n', "quotation mark without its counterpart"),
        (b"sku\n" + b"\n" * 1_048_576, "more than 1,048,576 lines"),
        (b"sku\n" + b"A" * 20_000_000, "more than 20,000,000 bytes"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    assert reason in refused(content)


def test_a_file_that_grows_when_it_is_unpacked_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = workbook_parts(sheet([row([text("sku")])]))
    parts["xl/sharedStrings.xml"] = f"{BOMB}]><sst xmlns='{MAIN}'><si><t>{'&i;' * 9}</t></si></sst>"
    assert "amplification" in refused(zipped(parts))
    monkeypatch.setattr("cartage.spreadsheets.xlsx_package.MOST_PART", 10_000)
    large = zipped(workbook_parts(sheet([row([text("sku")])]), ["A" * 20_000]))
    assert "xl/sharedStrings.xml unpacks to" in refused(large)


def test_the_number_of_rows_is_limited_and_blank_rows_are_not_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cartage.spreadsheets.tables.MOST_ROWS", 2)
    assert len(texts(b"sku\n\n\nA\n,\nB\n\n\n")) == 2
    assert mistakes(b"sku\nA\nB\nC\nD\n") == ["  row 4: there are more than 2 rows. Split the file."]


def test_repeated_headings_and_cells_without_a_heading_are_named() -> None:
    repeated, extra = mistakes(b"sku,note,\nA,x,ours\nSKU,Note\nB,y,,more\n")
    assert repeated == "  row 3, column sku (A): the headings are repeated. Delete the row."
    assert extra.startswith("  row 4, column D: the row has cells in 1 column without a heading.")


def test_a_column_that_is_probably_misspelt_is_said() -> None:
    assert table(b"sku,notes\nA,x\n").notes == ["Column B, 'notes', is not read. Did you mean note?"]


@pytest.mark.parametrize("broken", ["a\r=1+1", "\r=1+1", "a\n=1+1", "a\r\n=1+1"])
def test_a_line_break_within_a_cell_begins_no_row_with_a_formula(broken: str) -> None:
    for written in (rows_to_csv(["sku"], [{"sku": broken}]), table_to_csv(["sku"], [[broken]])):
        read = list(csv.reader(io.StringIO(written, newline="")))
        assert [len(row) for row in read] == [1, 1]
        assert unescape_cell(read[1][0]) == broken
