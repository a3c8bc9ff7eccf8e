"""Takes secrets and personal data out of what is told: a message leaves the house, and stays where it arrives.

Texts of Cartage's own have neither. What a store or a warehouse said is quoted in some of them, and may hold anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cartage.connections import Connection

_EMAIL = re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+\.[A-Za-z]{2,}")
# Fifteen or sixteen digits, in groups or not; shorter ones are goods' numbers more often than cards.
_CARD = re.compile(r"(?<!\d)(?:\d[ -]?){14,15}\d(?!\d)")
_SECRET_NAME = re.compile(r"key|token|secret|passw|tpl|auth", re.IGNORECASE)
# Shorter values are found in any text.
_LEAST_SECRET = 6

MASK = "***"


def discreet(text: str, known: Iterable[str] = ()) -> str:
    """A text without control characters, e-mail addresses, card numbers, and the values that are `known`."""
    text = "".join(char if char.isprintable() or char == "\n" else " " for char in text)
    for value in sorted(set(known), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", MASK, text, flags=re.IGNORECASE)
    text = _EMAIL.sub(MASK, text)
    return _CARD.sub(lambda found: MASK if _is_card(found[0]) else found[0], text)


def secrets_of(connection: Connection) -> Iterator[str]:
    """What of a connection must be in no message: its password, and extras whose name says so."""
    named = (value for name, value in connection.extra.items() if _SECRET_NAME.search(name))
    for value in (connection.password, *named):
        if len(str(value)) >= _LEAST_SECRET:
            yield str(value)


def _is_card(text: str) -> bool:
    """Luhn's sum."""
    digits = [int(char) for char in reversed(text) if char.isdigit()]
    doubled = [digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(digits)]
    return sum(doubled) % 10 == 0
