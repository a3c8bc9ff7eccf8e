"""Read what the buyer chose for a line: options, engravings, other texts (3dcart-api.md, section 4.2).

The store has no list of a line's options. It writes them into ItemDescription, after the product's name:
`Tote Bag<br><b>Color:</b>&nbsp;Khaki`. ItemOptions has the numbers of the chosen ones: `,4,6,14`.
"""

from __future__ import annotations

import html
import re

from cartage.model.orders import LineOption
from cartage.model.texts import label
from cartage.storefront.wire.text import html_to_text

_BEGINS = re.compile(r"<br\s{0,5}/?>\s{0,5}<b>", re.IGNORECASE)
_TITLE_ENDS = re.compile(r"</b>", re.IGNORECASE)
_ESCAPED = re.compile(r"&lt;br\s{0,5}/?&gt;\s{0,5}&lt;b&gt;", re.IGNORECASE)


def read_description(description: str) -> tuple[str, tuple[LineOption, ...]]:
    """Return the product's name, and the options in the store's sequence.

    An option whose title ends with a colon and has no value was not chosen; without a colon, the title is the choice.
    """
    if "<" not in description and _ESCAPED.search(description):
        description = html.unescape(description)
    name, *written = _BEGINS.split(description)
    options = (_option(part) for part in written)
    return html_to_text(name), tuple(option for option in options if option.value)


def unnamed_options(description: str, numbers: str) -> tuple[str, tuple[LineOption, ...]]:
    """Return the product's name and its options, for a line with chosen options of which none is written as one.

    They are what the description says after its first line. If it says nothing, only their numbers are known.
    """
    name, _, rest = description.partition("\n")
    if rest.strip():
        return name, (LineOption("", rest.strip()),)
    known = ", ".join(number.strip() for number in numbers.split(",") if number.strip())
    return name, (LineOption("Option numbers in 3dcart", known),) if known else ()


def _option(written: str) -> LineOption:
    title, *values = _TITLE_ENDS.split(written, maxsplit=1)
    if not values:
        return LineOption("", html_to_text(written))
    shown, value = label(title), html_to_text(values[0])
    if not value and not shown.endswith(":"):
        return LineOption("", shown)
    return LineOption(shown.removesuffix(":").rstrip(), value)
