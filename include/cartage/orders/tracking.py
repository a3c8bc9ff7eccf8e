"""From a fulfillment order's packages to the texts that the store's fields take. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

TRACKING_LIMIT = 100  # ShipmentTrackingCode is str(100): 3dcart-api.md, section 4.2.
_SEPARATOR = ", "


@dataclass(frozen=True, slots=True)
class TrackingText:
    """The field's text, and which packages it names, by position."""

    text: str
    named: tuple[int, ...]


def tracking_text(numbers: Sequence[str]) -> TrackingText:
    """Join tracking numbers, the first package first, as far as the field reaches; a number is never cut.

    An empty number names no package; a repeated one is written once and names all of its packages.
    """
    text, named = "", []
    for position, number in enumerate(numbers):
        if not number:
            continue
        if number in text.split(_SEPARATOR):
            named.append(position)
            continue
        longer = f"{text}{_SEPARATOR}{number}" if text else number
        if len(longer) <= TRACKING_LIMIT:
            text = longer
            named.append(position)
    return TrackingText(text, tuple(named))
