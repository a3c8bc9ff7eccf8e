"""Workbooks written part by part, as the spreadsheet programs write them and as no library would."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
# The formats that `styled` cells name: a style is its index here.
FORMATS = ("General", "yyyy-mm-dd", "0.00E+00", "00000", "@", "h:mm")

_TYPES = (
    f'<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/styles.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>'
    '<Override PartName="/xl/sharedStrings.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
    "</Types>"
)
_ROOT = (
    f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)


def text(value: str) -> str:
    """Return a text cell without its place."""
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>' if value else "<c/>"


def shared(index: int | str, style: str = "") -> str:
    """Return a cell that has its text in the shared strings."""
    return f'<c t="s"{style}><v>{index}</v></c>'


def number(written: str, style: int = 0) -> str:
    """Return a number cell, as written."""
    return f'<c s="{style}"><v>{escape(written)}</v></c>'


def row(cells: Sequence[str], at: int | str = "") -> str:
    """Return a row; `at` is its number."""
    return f'<row r="{at}">{"".join(cells)}</row>' if at else f"<row>{''.join(cells)}</row>"


def sheet(rows: Sequence[str], dimension: str = "") -> str:
    """Return a sheet's part."""
    known = f'<dimension ref="{dimension}"/>' if dimension else ""
    return f'<worksheet xmlns="{MAIN}">{known}<sheetData>{"".join(rows)}</sheetData></worksheet>'


def workbook_parts(
    sheet_xml: str, strings: Sequence[str] = (), kind: str = "worksheet", state: str = "visible"
) -> dict[str, str]:
    """Return the parts of a workbook with this sheet, by name."""
    formats = "".join(
        f'<numFmt numFmtId="{200 + place}" formatCode="{escape(code)}"/>'
        for place, code in enumerate(FORMATS)
    )
    cells = "".join(f'<xf numFmtId="{200 + place}"/>' for place in range(len(FORMATS)))
    quoted = '<xf numFmtId="0" quotePrefix="1"/>'
    items = "".join(f'<si><t xml:space="preserve">{escape(value)}</t></si>' for value in strings)
    return {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _ROOT,
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{DOCUMENT}"><sheets>'
        f'<sheet name="Rules" sheetId="1" state="{state}" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{DOCUMENT}/{kind}" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{DOCUMENT}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rId3" Type="{DOCUMENT}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><numFmts>{formats}</numFmts>'
        f"<fonts><font/></fonts><fills><fill><patternFill/></fill></fills><borders><border/></borders>"
        f"<cellStyleXfs><xf/></cellStyleXfs><cellXfs>{cells}{quoted}</cellXfs>"
        f'<cellStyles><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{items}</sst>',
        "xl/worksheets/sheet1.xml": sheet_xml,
    }


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """Return the parts as a file."""
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()
