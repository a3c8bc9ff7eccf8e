"""Store codes, as references use them: derived from the Secure URL, so that a rebuilt ledger assigns the same ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import count
from string import ascii_uppercase, digits


def codes(identity: str) -> Iterator[str]:
    """Yield the codes that a store may get, in the order in which they are tried."""
    for probe in count():
        number = int.from_bytes(hashlib.sha256(f"{identity}#{probe}".encode()).digest()[:8])
        number, last = divmod(number, 36)
        number, middle = divmod(number, 36)
        yield (
            ascii_uppercase[number % 26]
            + (ascii_uppercase + digits)[middle]
            + (ascii_uppercase + digits)[last]
        )
