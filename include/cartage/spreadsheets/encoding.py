"""The text of a CSV file, whatever program saved it."""

from __future__ import annotations

import codecs

# Byte order marks; UTF-32's begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 4096
_FALLBACK = "cp1252"


def decode_table(content: bytes) -> tuple[str, bool]:
    """Return the text of a file, and whether its encoding was a guess: Windows-1252, as Excel in Western Europe saves.

    A byte that does not belong to the encoding becomes U+FFFD, so that only its cell is unreadable.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace"), False
    if encoding := _unmarked_utf16(content[:_SAMPLE]):
        return content.decode(encoding, "replace"), False
    try:
        return content.decode(), False
    except UnicodeDecodeError:
        as_utf8 = content.decode("utf-8", "replace")
    # One damaged letter in a file of UTF-8 must not turn all its other letters into nonsense.
    good = sum(not letter.isascii() for letter in as_utf8) - (bad := as_utf8.count("\ufffd"))
    if good >= bad:
        return as_utf8, False
    return content.decode(_FALLBACK, "replace"), True


def _unmarked_utf16(sample: bytes) -> str:
    """Return the name of UTF-16 if every other byte is mostly zero; empty for anything else."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if half and odd > half * 0.6 and even < half * 0.1:
        return "utf-16-le"
    return "utf-16-be" if half and even > half * 0.6 and odd < half * 0.1 else ""
