"""Redact texts: remove secrets and personal data from messages that leave Cartage and are kept elsewhere.

Texts for the ledger lose only secrets and card numbers: it may keep personal data until retention deletes it.

Cartage's own texts contain neither, but some quote what a store or warehouse sent, which may contain anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from cartage.plurals import counted

if TYPE_CHECKING:
    from cartage.connections import Connection

# Tried only where a run of such characters begins: from every character of a long run it would take quadratic time.
_EMAIL = re.compile(r"(?<![^\s@<>\"'(),;:])[^\s@<>\"'(),;:]++@[^\s@<>\"'(),;:]+\.[A-Za-z]{2,}")
# 15 or 16 digits, in groups or not. Shorter numbers are usually article numbers and not cards.
_CARD = re.compile(r"(?<!\d)(?:\d[ -]?){14,15}\d(?!\d)")
# An error page may repeat the request that led to it.
_AUTHORIZATION = re.compile(
    r"\bBearer\s+[\w.~+/=-]{8,}|\bAuthorization\W{1,5}\w+\s+[\w.~+/=-]{4,}", re.IGNORECASE
)
# PostgreSQL rejects NUL, a lone surrogate cannot be encoded, and other control characters are noise.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_SECRET_NAME = re.compile(
    r"key|token|secret|passw|passphrase|tpl|auth|bearer|prox(?:y|ies)|dsn|connection_string|webhook",
    re.IGNORECASE,
)
# Shorter values occur in any text by chance: masking them would damage texts and hide nothing.
SHORTEST_SECRET = 6

MASK = "***"


def redact(text: str, known: Iterable[str] = ()) -> str:
    """Return a text without control characters, e-mail addresses, card numbers, and the `known` values."""
    text = "".join(char if char.isprintable() or char == "\n" else " " for char in text)
    # A longer value cannot occur, and a pattern of 100 kB takes a second to compile.
    present = {value for value in known if len(value) <= len(text)}
    for value in sorted(present, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", MASK, text, flags=re.IGNORECASE)
    text = _EMAIL.sub(MASK, text)
    return _without_cards(text)


def redact_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a text for the ledger: without control characters except line ends and tabs, card numbers, authorization
    headers, and these secrets, plain or as JSON writes them. Personal data stays.
    """
    text = _CONTROLS.sub("", text)
    for secret in sorted(set(secrets), key=len, reverse=True):
        for written in {secret, json.dumps(secret)[1:-1]}:
            text = text.replace(written, MASK)
    lowered = text.lower()
    # Almost no response has either word, and a search for words is a hundred times faster than the pattern.
    if "bearer" in lowered or "authorization" in lowered:
        text = _AUTHORIZATION.sub(MASK, text)
    return _without_cards(text)


def secrets_of(connection: Connection) -> Iterator[str]:
    """Yield the values of a connection that no message may contain: its password, and extras with secret names."""
    yield from maskable([connection.password, *_secret_texts(connection.extra)])


def maskable(secrets: Iterable[str]) -> Iterator[str]:
    """Yield the secrets that are long enough to be masked in texts."""
    return (secret for secret in secrets if len(secret) >= SHORTEST_SECRET)


def short_secret(label: str, value: str) -> str:
    """Return the mistake of a secret that is too short to be one; empty if it is none, or absent."""
    if not value or len(value) >= SHORTEST_SECRET:
        return ""
    return f"{label}: has only {counted(len(value), 'character')}, which is no key; paste it again."


def _secret_texts(extra: Mapping[str, object]) -> Iterator[str]:
    """Yield the texts under secret names, at any depth."""
    for name, value in extra.items():
        if _SECRET_NAME.search(name):
            yield from _texts_in(value)
        elif isinstance(value, Mapping):
            yield from _secret_texts(value)


def _texts_in(value: object) -> Iterator[str]:
    """Yield the texts in a value of JSON, numbers as text."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _texts_in(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _without_cards(text: str) -> str:
    return _CARD.sub(lambda found: MASK if _is_card(found[0]) else found[0], text)


def _is_card(text: str) -> bool:
    """Check Luhn's checksum."""
    digits = [int(char) for char in reversed(text) if char.isdigit()]
    doubled = [digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(digits)]
    return sum(doubled) % 10 == 0
