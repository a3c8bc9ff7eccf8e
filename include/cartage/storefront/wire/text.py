"""Texts as a store has them, made plain: no markup, no entities, no characters that a database refuses.

Linear in the length of the text, whatever it holds; Python's own HTML parser is not (a minute for 60 kB of
unclosed tags, measured on 3.11), so tags are found by regular expressions that cannot backtrack far.
"""

from __future__ import annotations

import html
import re

# PostgreSQL refuses NUL; half a surrogate pair cannot be encoded; the other controls are noise in any field.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# Invisible characters that str.strip() leaves at the ends: zero-width space, word joiner, byte order mark.
_INVISIBLE_ENDS = " \t\r\n\f\v\xa0\u200b\u200e\u200f\u2060\ufeff"
_HIDDEN = re.compile(r"<!(--)|<(script|style)\b[^<>]*>", re.IGNORECASE)
_CLOSING = {
    "--": re.compile(r"-->"),
    "script": re.compile(r"</script[^<>]*>", re.IGNORECASE),
    "style": re.compile(r"</style[^<>]*>", re.IGNORECASE),
}
_NEW_LINE = re.compile(r"<(?:br|/?p|/?div|/?li|/?ul|/?tr|/?h[1-6])(?:[\s/][^<>]*)?>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z!?][^<>]*>")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_MOJIBAKE = re.compile("[\u00c2\u00c3\u00e2][\u0080-\u00bf\u0152-\u2122]")
_BLANK_LINES = re.compile(r"\n{3,}")


def allowed(text: str) -> str:
    """The text without control characters and halves of surrogate pairs; line ends and tabs stay."""
    return text if text.isprintable() else _FORBIDDEN.sub("", text)


def single_line(text: str) -> str:
    """A name, an address line, a ship method: one line, single blanks, entities decoded, mojibake mended."""
    return " ".join(_decoded(mended(allowed(text))).split()).strip(_INVISIBLE_ENDS)


def text_code(text: str) -> str:
    """A SKU or tracking number: trimmed, else as it is (3dcart-api.md, section 11, item 7)."""
    return allowed(text).strip(_INVISIBLE_ENDS)


def plain_text(text: str) -> str:
    """A description or comment: HTML to plain text, `<br>` and paragraphs to line ends."""
    text = mended(allowed(text)).replace("\r\n", "\n").replace("\r", "\n")
    if "<" in text:
        text = _TAG.sub("", _NEW_LINE.sub("\n", _without_hidden(text)))
    lines = (" ".join(line.split()) for line in allowed(_decoded(text)).split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip(_INVISIBLE_ENDS)


def mended(text: str) -> str:
    """UTF-8 that was once read as Windows-1252 (`2nd Day AirÂ®`), read rightly; any other text as it is.

    Only where the whole text is valid UTF-8 under that assumption, which no other text is but by intent.
    """
    if not _MOJIBAKE.search(text):
        return text
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def _decoded(text: str) -> str:
    """Entities decoded, those without a semicolon left: `AT&T` and `R&copy` stay."""
    return _ENTITY.sub(lambda found: html.unescape(found.group()), text) if "&" in text else text


def _without_hidden(text: str) -> str:
    """The text without comments, scripts and styles; one that is never closed hides nothing."""
    kept: list[str] = []
    position, closings = 0, dict(_CLOSING)
    for opening in _HIDDEN.finditer(text):
        kind = (opening.group(1) or opening.group(2)).lower()
        if opening.start() < position or kind not in closings:
            continue
        closing = closings[kind].search(text, opening.end())
        if closing is None:
            del closings[kind]  # Searched to the end once: again for each opening would be quadratic.
            continue
        kept.append(text[position : opening.start()])
        position = closing.end()
    return "".join([*kept, text[position:]])
