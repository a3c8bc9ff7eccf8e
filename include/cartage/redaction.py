"""Takes secrets and personal data out of what is told: a message leaves the house, and stays where it arrives.

Of what is kept in the ledger, secrets and card numbers alone are taken out: it may hold personal data, for its time.

Texts of Cartage's own have neither. What a store or a warehouse said is quoted in some of them, and may hold anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cartage.connections import Connection

_EMAIL = re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+\.[A-Za-z]{2,}")
# Fifteen or sixteen digits, in groups or not; shorter ones are goods' numbers more often than cards.
_CARD = re.compile(r"(?<!\d)(?:\d[ -]?){14,15}\d(?!\d)")
# What a page of an error may repeat of the request that led to it.
_AUTHORIZATION = re.compile(
    r"\bBearer\s+[\w.~+/=-]{8,}|\bAuthorization\W{1,5}\w+\s+[\w.~+/=-]{4,}", re.IGNORECASE
)
# PostgreSQL refuses NUL; half a surrogate pair cannot be encoded; the other controls are noise.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_SECRET_NAME = re.compile(r"key|token|secret|passw|tpl|auth", re.IGNORECASE)
# Shorter values are found in any text.
_LEAST_SECRET = 6

MASK = "***"


def redact(text: str, known: Iterable[str] = ()) -> str:
    """A text without control characters, e-mail addresses, card numbers, and the values that are `known`."""
    text = "".join(char if char.isprintable() or char == "\n" else " " for char in text)
    for value in sorted(set(known), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", MASK, text, flags=re.IGNORECASE)
    text = _EMAIL.sub(MASK, text)
    return _without_cards(text)


def redact_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    """A text fit for the ledger: no control characters but line ends and tabs, no card numbers, no authorization, and
    none of these secrets, as they are or as JSON writes them. Personal data stays.
    """
    text = _CONTROLS.sub("", text)
    for secret in sorted(set(secrets), key=len, reverse=True):
        for written in {secret, json.dumps(secret)[1:-1]}:
            text = text.replace(written, MASK)
    lowered = text.lower()
    # Nearly no answer has either word, and to look for a word costs a hundredth of looking for the pattern.
    if "bearer" in lowered or "authorization" in lowered:
        text = _AUTHORIZATION.sub(MASK, text)
    return _without_cards(text)


def secrets_of(connection: Connection) -> Iterator[str]:
    """What of a connection must be in no message: its password, and extras whose name says so."""
    named = (value for name, value in connection.extra.items() if _SECRET_NAME.search(name))
    for value in (connection.password, *named):
        if len(str(value)) >= _LEAST_SECRET:
            yield str(value)


def _without_cards(text: str) -> str:
    return _CARD.sub(lambda found: MASK if _is_card(found[0]) else found[0], text)


def _is_card(text: str) -> bool:
    """Luhn's sum."""
    digits = [int(char) for char in reversed(text) if char.isdigit()]
    doubled = [digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(digits)]
    return sum(doubled) % 10 == 0
