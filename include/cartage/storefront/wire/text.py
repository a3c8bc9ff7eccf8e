"""Turn a store's texts into plain text: no markup, no entities, no characters that a database refuses.

Takes time linear in the length of the text, whatever its content. Python's HTML parser does not (a minute for 60 kB of
unclosed tags, measured on 3.11), so tags are found with regular expressions that cannot backtrack far.
"""

from __future__ import annotations

import html
import re

from cartage.http.lenient import strip_controls

# Includes invisible characters that str.strip() leaves: zero-width space, word joiner, byte order mark.
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


def single_line(text: str) -> str:
    """Clean a name, an address line or a ship method: one line, single blanks, entities decoded, mojibake fixed."""
    return " ".join(_decoded(fix_encoding(strip_controls(text))).split()).strip(_INVISIBLE_ENDS)


def text_code(text: str) -> str:
    """Trim a SKU or tracking number and leave the rest as it is (3dcart-api.md, section 11, item 7)."""
    return strip_controls(text).strip(_INVISIBLE_ENDS)


def html_to_text(text: str) -> str:
    """Turn a description or comment from HTML into plain text, with `<br>` and paragraphs as line ends."""
    text = fix_encoding(strip_controls(text)).replace("\r\n", "\n").replace("\r", "\n")
    if "<" in text:
        text = _TAG.sub("", _NEW_LINE.sub("\n", _without_hidden(text)))
    lines = (" ".join(line.split()) for line in strip_controls(_decoded(text)).split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip(_INVISIBLE_ENDS)


def fix_encoding(text: str) -> str:
    """Fix UTF-8 that was decoded as Windows-1252 (`2nd Day AirÂ®`). Return any other text as it is.

    Applies only if the whole text is valid UTF-8 under that assumption, which practically no other text is.
    """
    if not _MOJIBAKE.search(text):
        return text
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def _decoded(text: str) -> str:
    """Decode entities, except those without a semicolon: `AT&T` and `R&copy` stay."""
    return _ENTITY.sub(lambda found: html.unescape(found.group()), text) if "&" in text else text


def _without_hidden(text: str) -> str:
    """Remove comments, scripts and styles. One that is never closed hides nothing."""
    kept: list[str] = []
    position, closings = 0, dict(_CLOSING)
    for opening in _HIDDEN.finditer(text):
        kind = (opening.group(1) or opening.group(2)).lower()
        if opening.start() < position or kind not in closings:
            continue
        closing = closings[kind].search(text, opening.end())
        if closing is None:
            del closings[kind]  # Do not search to the end again for each opening: that would be quadratic.
            continue
        kept.append(text[position : opening.start()])
        position = closing.end()
    return "".join([*kept, text[position:]])
