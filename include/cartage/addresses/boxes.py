"""Recognise post office boxes as buyers write them."""

from __future__ import annotations

import re

from cartage.addresses.spelling import fold
from cartage.model.orders import Address

# All patterns match folded text. `Box 12` alone may belong to a rural route or a military unit, and is none.
_PO = r"\bp[.\s]*[o0][.\s]*"
_NUMBER = r"\s*(?:#|n[or]?[.°]?)?\s*\d"
# `PO Box 12`, `P.O.Box12`, `GPO Box 9` (a G may stand before), `PO Drawer 5`, `POB 7`, `Post Office Box`, `Postbox 3`,
# an Australian or South African bag, and the boxes of other languages.
_BOX = re.compile(
    rf"{_PO}-?\s*(?:b[o0]?x|drawer)(?![a-z])"
    r"|\bg[.\s]*p[.\s]*[o0][.\s]*(?:b[o0]?x(?![a-z])|\d)"
    rf"|\bp\.?\s?o\.?\s?b\b\.?{_NUMBER}"
    r"|\bp\.?o\.?b\.?\d"
    r"|\bpost(?:al)?\s+office\s+(?:box|drawer)(?![a-z])"
    rf"|\bpost(?:al)?\s*-?box{_NUMBER}"
    r"|\b(?:locked|private)\s+bag\s+[a-z]?\s?\d"
    r"|\b(?:postfach|postbus|postboks|casella\s+postale|caixa\s+postal|boite\s+postale|case\s+postale"
    rf"|apartado(?:\s+postal|\s+aereo|\s+de\s+correos)?|casilla(?:\s+postal|\s+de\s+correos?)?){_NUMBER}"
)
# `P.O. 123` without the word box is a box where it is a part of the street line by itself.
_BARE = re.compile(r"(?:^|[,;])\s*p\.?\s?o\.?\s*\d+[a-z]?\s*(?:$|[,;])")
# In any other line, `PO 4455` is the number of a purchase order: only with its dots it is a box.
_DOTTED = re.compile(r"^\s*p\.\s?o\.\s*\d+[a-z]?\s*$")


def is_po_box(address: Address) -> bool:
    """Return whether a line of the address, its company or its name is a post office box."""
    street, *others = (
        " ".join(fold(line).split())
        for line in (address.address1, address.address2, address.company, address.name)
    )
    if _BOX.search(street) or _BARE.search(street):
        return True
    return any(_BOX.search(line) or _DOTTED.search(line) for line in others)
