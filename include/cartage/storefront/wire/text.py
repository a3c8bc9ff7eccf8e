"""Turn a store's texts into plain text: no markup, no entities, no damage, no characters that a database refuses.

Takes time linear in the length of the text, whatever its content. Python's HTML parser does not (a minute for 60 kB of
unclosed tags, measured on 3.11), so tags are found with regular expressions that cannot backtrack far.
"""

from __future__ import annotations

import re

from cartage.model.texts import INVISIBLE_ENDS, readable, strip_controls

_HIDDEN = re.compile(r"<!(--)|<(script|style)\b[^<>]*>", re.IGNORECASE)
_CLOSING = {
    "--": re.compile(r"-->"),
    "script": re.compile(r"</script[^<>]*>", re.IGNORECASE),
    "style": re.compile(r"</style[^<>]*>", re.IGNORECASE),
}
_NEW_LINE = re.compile(r"<(?:br|/?p|/?div|/?li|/?ul|/?tr|/?h[1-6])(?:[\s/][^<>]*)?>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z!?][^<>]*>")
_BLANK_LINES = re.compile(r"\n{3,}")


def single_line(text: str) -> str:
    """Clean a name or an address line: one line, single blanks, entities decoded, damaged encoding repaired."""
    return " ".join(readable(text).split()).strip(INVISIBLE_ENDS)


def text_code(text: str) -> str:
    """Trim a SKU or tracking number and leave the rest as it is (3dcart-api.md, section 11, item 7)."""
    return strip_controls(text).strip(INVISIBLE_ENDS)


def html_to_text(text: str) -> str:
    """Turn a description or comment from HTML into plain text, with `<br>` and paragraphs as line ends."""
    text = strip_controls(text).replace("\r\n", "\n").replace("\r", "\n")
    if "<" in text:
        text = _TAG.sub("", _NEW_LINE.sub("\n", _without_hidden(text)))
    lines = (" ".join(line.split()) for line in readable(text).split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip(INVISIBLE_ENDS)


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
