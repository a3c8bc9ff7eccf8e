"""A cell as it is read: text, or what stands there in place of text. Pure.

A spreadsheet turns what a person types into numbers, dates and logical values, and shows a number in fewer digits than
were typed. Such a cell no longer says what the person meant. It is named, never guessed at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

# What Excel, LibreOffice and Google Sheets read as the start of a formula (OWASP, "CSV Injection"); some
# also read the full-width forms.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# Excel's own limit of a cell ("Excel specifications and limits").
MOST_CHARACTERS = 32_767
_SHOWN = 40
# Excel keeps 15 significant digits of a number ("Excel specifications and limits"); further ones become zeros.
_KEPT_DIGITS = 15

RETYPE = "Format the column as text and type the value again."
ERROR_VALUE = re.compile(
    r"#(?:N/A|NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|BUSY!|UNKNOWN!|EXTERNAL!"
    r"|PYTHON!|GETTING_DATA|ERROR!)|Err:\d{3}|#{3,}"
)
# How spreadsheets show a number that is too long for its column; a typed 1E5 has neither sign nor two digits.
ROUNDED_NUMBER = re.compile(r"[+-]?\d([.,]\d+)?E[+-]\d{2,3}")
# A number that was shown in full after its digits from the 16th on had been lost.
_ZEROS = re.compile(r"[1-9]\d{14}0{3,}")
_LOGICAL = frozenset({"TRUE", "FALSE"})
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
# What Excel makes of a typed MAR-26 or 1/2: it saves the date as it is shown.
_DATE = re.compile(
    rf"\d{{1,2}}-(?:{_MONTHS})(?:-\d{{2,4}})?|(?:{_MONTHS})-\d{{2,4}}"
    r"|\d{1,2}[/.]\d{1,2}[/.]\d{4}(?: \d{1,2}:\d{2}(?::\d{2})?)?"
    r"|\d{4}-\d{2}-\d{2}(?: \d{1,2}:\d{2}(?::\d{2})?)?"
)
# A formula that only protects a text from being read as a number: ="0012".
QUOTED_TEXT = re.compile(r'="((?:[^"]|"")*)"')
# NUL and the other controls; tabs and line breaks are text.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_UNDECODED = "\ufffd"
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class OddCell:
    """What stands in a cell in place of text, and the fix. `date` is the ISO 8601 text of a date, else empty."""

    found: str
    fix: str
    date: str = ""


Cell = str | OddCell


def needs_escape(text: str) -> bool:
    """Return whether this text, apart from leading apostrophes, is read as something else unless it is escaped."""
    text = text.lstrip("'")
    return bool(
        text.startswith(FORMULA_SIGNS)
        or text in _LOGICAL
        or _DATE.fullmatch(text)
        or ROUNDED_NUMBER.fullmatch(text)
        or _ZEROS.fullmatch(text)
        or ERROR_VALUE.fullmatch(text)
    )


def csv_cell(text: str) -> Cell:
    """Return a cell of a CSV file, in which nothing but the text itself says what it was."""
    text = text.strip()
    if text.startswith("'") and needs_escape(text):
        return plain_text(text[1:])
    if quoted := QUOTED_TEXT.fullmatch(text):
        return plain_text(quoted[1].replace('""', '"'))
    if text.startswith("="):
        return OddCell(
            f"is the formula {shown(text)}", f"Write its value, or, if it is a text, '{text[:9]} ..."
        )
    if text in _LOGICAL:
        return OddCell(f"is the logical value {text}", _or_as_text(RETYPE, text))
    if _DATE.fullmatch(text):
        return OddCell(f"is the date {text}", _or_as_text(RETYPE, text), date=text)
    return text_cell(text)


def text_cell(text: str) -> Cell:
    """Return a cell of type text. It may still be the error value or the shortened number of another cell."""
    text = text.strip()
    if text.startswith("'") and (ERROR_VALUE.fullmatch(text[1:]) or ROUNDED_NUMBER.fullmatch(text[1:])):
        return plain_text(text[1:])
    if ERROR_VALUE.fullmatch(text):
        return error_cell(text)
    if ROUNDED_NUMBER.fullmatch(text) or _ZEROS.fullmatch(text):
        found = f"is {text}, a number that a spreadsheet showed in part"
        return OddCell(found, _or_as_text("Format the column as text and write every digit.", text))
    return plain_text(text)


def plain_text(text: str) -> Cell:
    """Return a text as it is, unless it has characters that no text has, or is too long."""
    if control := _CONTROL.search(text):
        return OddCell(f"has the control character U+{ord(control[0]):04X}", "Type the value again.")
    if _UNDECODED in text:
        found = f"has a character that cannot be read: {shown(text)}"
        return OddCell(found, "Type the value again, and save the file as CSV UTF-8 or XLSX.")
    if len(text) > MOST_CHARACTERS:
        return OddCell(
            f"has {len(text):,} characters", "Shorten it; check that no quotation mark is missing."
        )
    return text.strip()


def error_cell(text: str) -> OddCell:
    """Return the cell of an error value."""
    return OddCell(
        f"is the error value {shown(text, quote=False)}", "Correct the formula, or write the value itself."
    )


def number_cell(written: str, format_code: str = "General") -> Cell:
    """Return the digits of a whole number that a spreadsheet holds and shows exactly; `format_code` is its format."""
    if len(written) > MOST_CHARACTERS or not _NUMBER.fullmatch(written):
        return unreadable_cell(written)
    value = Decimal(written)
    if value != value.to_integral_value():
        return OddCell(f"is the number {shown(written, quote=False)}, which is not whole", RETYPE)
    if abs(value) >= 10**_KEPT_DIGITS:
        found = f"is the number {shown(written, quote=False)}, of which a spreadsheet keeps only 15 digits"
        return OddCell(found, "Format the column as text and write every digit.")
    digits = str(int(value))
    if not _shows_digits(format_code, len(digits.lstrip("-"))):
        found = f"is the number {digits}, which the format {shown(format_code)} shows as another text"
        return OddCell(found, "Format the column as text and write what is meant.")
    return digits


def date_cell(moment: object) -> OddCell:
    """Return the cell of a date, or of a time of day or a duration."""
    if isinstance(moment, datetime):
        day = moment.isoformat(sep=" ").removesuffix(" 00:00:00")
        return OddCell(f"is the date {day}", RETYPE, date=moment.isoformat())
    return OddCell(f"is the time {moment}", RETYPE)


def iso_date_cell(written: str) -> OddCell:
    """Return the cell of a date that is stored as ISO 8601."""
    try:
        return date_cell(datetime.fromisoformat(written))
    except ValueError:
        return unreadable_cell(written)


def logical_cell(written: str) -> OddCell:
    """Return the cell of a logical value, stored as 1 or 0."""
    word = {"1": "TRUE", "true": "TRUE", "0": "FALSE", "false": "FALSE"}.get(written)
    return OddCell(f"is the logical value {word}", RETYPE) if word else unreadable_cell(written)


def unreadable_cell(written: str) -> OddCell:
    """Return a cell that no spreadsheet program would write."""
    return OddCell(f"cannot be read: {shown(written)}", "Type the value again, and save the file again.")


def shown(text: str, *, quote: bool = True) -> str:
    """Return a text for a message: short, and without characters that a log or a database refuses."""
    text = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
    return repr(text) if quote or not text.isascii() else text


def column_letter(place: int) -> str:
    """Return the letter of a column; 0 is A."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _shows_digits(code: str, digits: int) -> bool:
    """Return whether a number format shows a whole number of this many digits as these digits (ECMA-376, 18.8.31)."""
    if code in {"General", "@"}:
        return True
    section = re.sub(r"_.|\*.|\[(?:[A-Za-z]+|Color\d+)\]|[\\\s]", "", code.partition(";")[0])
    plain = re.fullmatch(r"([#0?,]*[#0?])(?:\.[#0?]+)?", section)
    return plain is not None and plain[1].count("0") <= max(digits, 1)


def _or_as_text(fix: str, text: str) -> str:
    return f"{fix} If it is the text itself, put an apostrophe before it: '{shown(text, quote=False)}"
