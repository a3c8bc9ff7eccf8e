"""Texts without what differs between two spellings of one thing: letter case, accents, punctuation, spaces."""

from __future__ import annotations

import re
import unicodedata

# Letters that Unicode does not take apart into a letter and an accent.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "\u0131": "i", "ð": "d", "þ": "th"}
)
_APOSTROPHES = re.compile("['`\u2018\u2019]")
# Punctuation between two digits distinguishes house numbers: 12-34 is not 1234, and 1/2 is not 12.
_BETWEEN_DIGITS = re.compile(r"(?<=\d)\s*([-/.])\s*(?=\d)")


def fold(text: str) -> str:
    """Return the text in lower case without accents and invisible characters; punctuation and spaces stay."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(character for character in parts if not unicodedata.combining(character))
    if not bare.isprintable():
        # Warehouses drop what nobody sees, so that it must not separate the digits of a house number here.
        bare = "".join(character for character in bare if character.isprintable() or character.isspace())
    return bare.casefold().translate(_LETTERS)


def squeeze(text: str) -> str:
    """Return the folded letters and digits alone."""
    return "".join(character for character in fold(text) if character.isalnum())


def text_key(text: str) -> str:
    """Return a text to compare lines of addresses by: folded words, one space apart."""
    folded = _APOSTROPHES.sub("", fold(text).replace("\u2044", "/"))
    kept: list[str] = []
    last = 0
    for match in _BETWEEN_DIGITS.finditer(folded):
        kept += [_spaced(folded[last : match.start()]), match[1]]
        last = match.end()
    return " ".join("".join([*kept, _spaced(folded[last:])]).split())


def _spaced(text: str) -> str:
    return "".join(character if character.isalnum() else " " for character in text)
