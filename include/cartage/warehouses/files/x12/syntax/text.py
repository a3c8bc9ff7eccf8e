"""Bytes to text and back. Reading is total: the charset that partners agreed on is not always the one that is sent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_UTF_8_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# Every byte is a character of it, so it is what is left when nothing else fits.
_ANY = "latin-1"


class Charset(StrEnum):
    """The charsets that are agreed on with partners."""

    ASCII = "ascii"
    LATIN_1 = "latin-1"
    UTF_8 = "utf-8"


@dataclass(frozen=True, slots=True)
class DecodedText:
    """The text of a file, and the encoding that gave it."""

    text: str
    encoding: str

    def encoded(self, text: str) -> bytes:
        """Return a part of the text as bytes."""
        return text.encode(self.encoding, "replace")


def decoded(content: bytes, charset: Charset) -> DecodedText:
    """Return the text of a file without its byte order mark. Any bytes give a text.

    A mark decides; without one, what is no UTF-8 is Latin-1, and what is Latin-1 by agreement is taken as such.
    """
    if content.startswith(_UTF_16_MARKS):
        return DecodedText(content.decode("utf-16", "replace"), "utf-16")
    if content.startswith(_UTF_8_MARK) or charset is not Charset.LATIN_1:
        try:
            return DecodedText(content.decode("utf-8-sig"), "utf-8")
        except UnicodeDecodeError:
            pass
    return DecodedText(content.decode(_ANY), _ANY)
