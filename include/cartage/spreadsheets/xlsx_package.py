"""The parts of an XLSX file that a table needs: its first visible sheet, its texts, its number formats.

A file is a zip archive of XML parts (ECMA-376, Office Open XML). Parts that a table does not need (themes, charts,
filters, comments) are not read, so that damage there does no harm. docs/decisions/0070 says why this is our own.
expat limits what entities expand to, and no part may be larger than MOST_PART: hence the `noqa: S314`.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as ET

from cartage.spreadsheets.mistakes import UnreadableFile

# Unpacked bytes of a part; 100,000 rows of mappings need 80 MB. A zip archive never unpacks to more than it declares.
MOST_PART = 200_000_000
_SAVE_AGAIN = "Open it in a spreadsheet program and save it as XLSX or CSV UTF-8."
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
# Number formats that have an id and no code: dates of East Asian locales (ECMA-376, 18.8.30).
_DATES_WITHOUT_CODE = frozenset({*range(27, 37), *range(50, 59)})


@dataclass(frozen=True, slots=True)
class CellStyle:
    """How a cell is shown: its number format, and whether a person typed an apostrophe to say that it is text."""

    code: str
    is_date: bool
    is_quoted: bool


@dataclass(frozen=True, slots=True)
class VisibleSheet:
    """The first visible sheet of a workbook. `others` are the names of further visible ones; `epoch` is day 0."""

    archive: zipfile.ZipFile
    path: str
    name: str
    others: tuple[str, ...]
    texts: list[str]
    styles: list[CellStyle]
    epoch: datetime


def open_sheet(content: bytes) -> VisibleSheet:
    """Return the first visible sheet of a workbook.

    Raises:
        UnreadableFile: if the content is no workbook, or one without a sheet of cells.
    """
    try:
        return _open_sheet(content)
    except UnreadableFile:
        raise
    except Exception as error:  # zipfile, zlib and expat raise some fifteen types at damaged bytes.
        raise UnreadableFile(f"the workbook is damaged ({_reason(error)})", _SAVE_AGAIN) from error


def sheet_rows(sheet: VisibleSheet) -> Iterator[ET.Element]:
    """Yield the rows of the sheet, one at a time, each to be used before the next.

    Raises:
        UnreadableFile: where the sheet is damaged; the rows before that are sound.
    """
    try:
        with sheet.archive.open(_checked(sheet.archive, sheet.path)) as part:
            held: ET.Element | None = None
            for event, element in ET.iterparse(part, ("start", "end")):  # noqa: S314
                name = local_name(element)
                if event == "start" and name == "sheetData":
                    held = element
                elif event == "end" and name == "row" and held is not None:
                    yield element
                    held.clear()  # Memory stays at one row.
                elif event == "end" and name == "sheetData":
                    return
    except UnreadableFile:
        raise
    except Exception as error:
        raise UnreadableFile(f"the sheet is damaged from here on ({_reason(error)})", _SAVE_AGAIN) from error


def local_name(element: ET.Element) -> str:
    """Return the name without its namespace: files of ISO 29500 Strict have others than those of Excel's default."""
    return element.tag.rpartition("}")[2]


def plain_string(element: ET.Element) -> str:
    """Return the text of a `si` or `is` element: its own and that of its runs, without phonetic guides."""
    pieces = []
    for child in element:
        name = local_name(child)
        if name == "t":
            pieces.append(child.text or "")
        elif name == "r":
            pieces += [part.text or "" for part in child if local_name(part) == "t"]
    return unescape_string("".join(pieces))


def unescape_string(text: str) -> str:
    """Return a text with its escaped characters (`_x000D_`; ECMA-376, 22.9.2.19)."""
    if "_x" not in text:
        return text
    text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    # Two escapes may be one character; half of one becomes U+FFFD.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _open_sheet(content: bytes) -> VisibleSheet:
    archive = zipfile.ZipFile(io.BytesIO(content))
    names = set(archive.namelist())
    if "mimetype" in names or "xl/workbook.bin" in names:
        raise UnreadableFile("it is a spreadsheet of another type than XLSX", _SAVE_AGAIN)
    root = _targets(archive, "")
    book_path = next((path for kind, path in root.values() if kind == "officeDocument"), "xl/workbook.xml")
    if book_path not in names:
        raise UnreadableFile("it is a zip archive, not an XLSX workbook", _SAVE_AGAIN)
    book, targets = _part(archive, book_path), _targets(archive, book_path)
    sheets = [
        (str(sheet.get("name", "")), sheet.get("state", "visible"), path)
        for sheet in _children(book, "sheets", "sheet")
        for kind, path in [targets.get(_relationship(sheet), ("", ""))]
        if kind == "worksheet"
    ]
    visible = [sheet for sheet in sheets if sheet[1] == "visible"] or sheets[:1]
    if not visible:
        raise UnreadableFile(
            "the workbook has no sheet with cells, only charts", "Add a sheet with the table."
        )
    by_kind = dict(targets.values())
    [(name, _state, path), *others] = visible
    return VisibleSheet(
        archive,
        path,
        name,
        tuple(other[0] for other in others),
        _texts(archive, by_kind.get("sharedStrings", "")),
        _styles(archive, by_kind.get("styles", "")),
        _epoch(book),
    )


def _checked(archive: zipfile.ZipFile, path: str) -> zipfile.ZipInfo:
    try:
        info = archive.getinfo(path)
    except KeyError:
        raise UnreadableFile(f"the workbook lacks its part {path}", _SAVE_AGAIN) from None
    if info.file_size > MOST_PART:
        what = (
            f"the workbook's part {path} unpacks to {info.file_size:,} bytes; at most {MOST_PART:,} are read"
        )
        raise UnreadableFile(what, "Delete what is not part of the table, or split the file.")
    return info


def _part(archive: zipfile.ZipFile, path: str) -> ET.Element:
    return ET.fromstring(archive.read(_checked(archive, path)))  # noqa: S314


def _targets(archive: zipfile.ZipFile, source: str) -> dict[str, tuple[str, str]]:
    """Return the kind and path of each part that a part refers to, by the relationship's id."""
    folder, base = posixpath.split(source)
    path = posixpath.join(folder, "_rels", f"{base}.rels")
    if path not in archive.namelist():
        return {}
    return {
        str(found.get("Id", "")): (
            str(found.get("Type", "")).rpartition("/")[2],
            posixpath.normpath(posixpath.join("/", folder, str(found.get("Target", "")))).lstrip("/"),
        )
        for found in _part(archive, path)
    }


def _relationship(sheet: ET.Element) -> str:
    return next((value for name, value in sheet.items() if name.endswith("}id")), "")


def _children(parent: ET.Element, group: str, name: str) -> list[ET.Element]:
    return [
        child
        for found in parent
        if local_name(found) == group
        for child in found
        if local_name(child) == name
    ]


def _texts(archive: zipfile.ZipFile, path: str) -> list[str]:
    if not path:
        return []
    texts: list[str] = []
    with archive.open(_checked(archive, path)) as part:
        root: ET.Element | None = None
        for event, element in ET.iterparse(part, ("start", "end")):  # noqa: S314
            if root is None:
                root = element
            if event == "end" and local_name(element) == "si":
                texts.append(plain_string(element))
                root.clear()
    return texts


def _styles(archive: zipfile.ZipFile, path: str) -> list[CellStyle]:
    """Return the styles that cells name by number."""
    from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

    if not path:
        return []
    sheet = _part(archive, path)
    codes = dict(BUILTIN_FORMATS)
    for found in _children(sheet, "numFmts", "numFmt"):
        codes[int(found.get("numFmtId", ""))] = str(found.get("formatCode", ""))
    styles = []
    for found in _children(sheet, "cellXfs", "xf"):
        id_ = int(found.get("numFmtId", "0"))
        code = codes.get(id_, "General")
        is_date = (id_ in _DATES_WITHOUT_CODE and id_ not in codes) or bool(is_date_format(code))
        styles.append(CellStyle(code, is_date, found.get("quotePrefix") in {"1", "true"}))
    return styles


def _epoch(book: ET.Element) -> datetime:
    from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

    of_1904 = any(
        found.get("date1904") in {"1", "true"} for found in book if local_name(found) == "workbookPr"
    )
    epoch: datetime = MAC_EPOCH if of_1904 else WINDOWS_EPOCH
    return epoch


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:100]!r}" if str(error) else type(error).__name__
