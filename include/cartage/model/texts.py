"""Texts as people read them, and as they are compared. Pure.

Stores send `O&amp;#39;Brien`, `2nd Day AirÂ®` and `Priority Mail&lt;sup&gt;&#8482;&lt;/sup&gt;`; people write mapping
rules with or without all that. Whatever is matched is compared in one form, `comparable`.

Everything here takes time linear in the length of the text, whatever its content.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from html.entities import html5

# Includes invisible characters that str.strip() leaves: zero-width space, word joiner, byte order mark.
INVISIBLE_ENDS = " \t\r\n\f\v\xa0\u200b\u200e\u200f\u2060\ufeff"
# PostgreSQL refuses NUL, half a surrogate pair cannot be encoded, and the other controls are noise in any field.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# Characters without a width that only layout needs, wherever they stand; joiners, which some scripts need, stay.
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u2060\ufeff]")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# An ampersand that was escaped more than once: `&amp;amp;`, `&#38;amp;`.
_NESTED = re.compile(r"&(?:(?:amp|#0{0,5}38|#[xX]0{0,4}26);)+")
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,15})(?:\s[^<>]*)?/?>")
# Elements without an end tag. They stand between words.
_VOID = frozenset({"br", "hr", "wbr", "img"})
_TRADEMARKS = re.compile("[\u00ae\u2117\u2120\u2122\u00a9]")
# UTF-8 read as Windows-1252. These pairs are no words, so they are repaired even where ftfy finds them too short.
_DAMAGED_MARKS = {"\u00e2\u201e\u00a2": "\u2122", "\u00e2\u201e\u00a0": "\u2120"}
# Each round removes one layer of damage. Real texts have at most three: escaped, stored as the wrong encoding, escaped.
_MOST_ROUNDS = 8
# ftfy takes time by the square of the length for some texts (10 s for 19,000 characters, measured on 6.3.1).
_PIECE = 200


def strip_controls(text: str) -> str:
    """Remove control characters and halves of surrogate pairs. Line ends and tabs stay."""
    return text if text.isprintable() else _FORBIDDEN.sub("", text)


def readable(text: str) -> str:
    """Return the text with its entities decoded and its encoding repaired, however many layers there are.

    `&amp;#39;` becomes an apostrophe, and `AirÂ®` becomes `Air®`. Markup, blanks and letter case stay, and so do
    ampersands that begin no entity: `AT&T`, `R&copy 2026`.
    """
    text = strip_controls(text)
    for _ in range(_MOST_ROUNDS):
        before = text
        text = strip_controls(_repaired(_decoded(text)))
        if text == before:
            break
    return text


def label(text: str) -> str:
    """Return a name on one line, as people read it: `readable`, without markup, with single blanks.

    Trademark signs and letter case stay.
    """
    return " ".join(_without_markup(readable(text)).split()).strip(INVISIBLE_ENDS)


def comparable(text: str, *, name: bool = False) -> str:
    """Return the form in which texts are compared: equal for texts that differ only in how they were written.

    Entities, markup, damaged encoding, full and half width, extra blanks, invisible characters and letter case do
    not count. In a `name` (a ship method, a label, words that people write) trademark signs and other compatibility
    forms of a character do not count either. In a code they do: `M²` is another SKU than `M2`.
    """
    if not text.isascii() or "&" in text or "<" in text:
        text = _INVISIBLE.sub("", label(text))
        text = unicodedata.normalize("NFKC", _TRADEMARKS.sub("", text)) if name else _narrowed(text)
    return " ".join(strip_controls(text).casefold().split())


def _decoded(text: str) -> str:
    """Decode entities, except those without a semicolon or with an unknown name."""
    return _ENTITY.sub(_character, _NESTED.sub("&", text)) if "&" in text else text


def _character(entity: re.Match[str]) -> str:
    written = entity.group()
    return html.unescape(written) if written[1] == "#" else html5.get(written[1:], written)


def _repaired(text: str) -> str:
    """Repair UTF-8 that was decoded as another encoding, in the whole text or a part of it."""
    if text.isascii():
        return text
    from ftfy import fix_encoding  # Most texts are ASCII, and a task process should start fast.

    text = "".join(fix_encoding(piece) for piece in _pieces(text))
    for damaged, mark in _DAMAGED_MARKS.items():
        text = text.replace(damaged, mark)
    return text


def _pieces(text: str) -> Iterator[str]:
    """Yield the text in pieces that end at a blank or line end, if they have one."""
    start = 0
    while len(text) - start > _PIECE:
        end = start + _PIECE
        cut = 1 + max(text.rfind(" ", start, end), text.rfind("\n", start, end))
        yield text[start : cut or end]
        start = cut or end
    yield text[start:]


def _without_markup(text: str) -> str:
    """Remove tags whose end tag is there, and those that need none. `PACK<S>` and `I <3 you` are no markup."""
    if "<" not in text:
        return text
    tags = [(bool(tag[1]), tag[2].lower()) for tag in _TAG.finditer(text)]
    paired = {name for ends, name in tags if ends} & {name for ends, name in tags if not ends}
    return _TAG.sub(lambda tag: _replacement(tag, paired), text)


def _replacement(tag: re.Match[str], paired: set[str]) -> str:
    name = tag[2].lower()
    if name in _VOID:
        return " "
    return "" if name in paired else tag.group()


def _narrowed(text: str) -> str:
    """Return the text with characters of full or half width as ordinary ones, and accents composed."""
    plain = "".join(unicodedata.normalize("NFKC", char) if _has_width(char) else char for char in text)
    return unicodedata.normalize("NFC", plain)


def _has_width(char: str) -> bool:
    return unicodedata.decomposition(char).startswith(("<wide>", "<narrow>"))
