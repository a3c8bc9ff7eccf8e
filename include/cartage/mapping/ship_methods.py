"""Ship methods: the store's text to the warehouse's carrier and service. First exactly, then by letters and digits."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cartage.orders.model import ShipMethod

if TYPE_CHECKING:
    from cartage.lanes.model import ShipMethodRule


def normalised(text: str) -> str:
    """The text without case, accents, spacing and punctuation: `UPS® Ground (5-7 days)` -> `upsground57days`."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if character.isalnum())


class ShipMethodTable:
    """The ship methods of one lane."""

    def __init__(self, rules: Iterable[ShipMethodRule]) -> None:
        self._exact: dict[str, ShipMethod] = {}
        self._normalised: dict[str, ShipMethod] = {}
        for rule in rules:
            method = ShipMethod(rule.carrier, rule.service, rule.billing, rule.account, rule.scac)
            self._exact.setdefault(rule.store, method)
            # A text of signs alone comes down to nothing, which every empty text would match.
            if plain := normalised(rule.store):
                self._normalised.setdefault(plain, method)

    def find(self, text: str) -> ShipMethod | None:
        """The warehouse's method for the store's text, or None if it is not mapped."""
        return self._exact.get(text) or self._normalised.get(normalised(text))
