"""Take out of a remote's message whatever identifies an order or a person, so that orders can share a cause. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cartage.model.orders import Address, FulfillmentRequest

_LONGEST_HINT = 200
_HIDDEN = "[...]"


def without_identity(hint: str, request: FulfillmentRequest) -> str:
    """Return the hint without personal data or anything that names an order, so that orders can share a cause."""
    for value in sorted(_identifying(request), key=len, reverse=True):
        hint = re.sub(re.escape(value), _HIDDEN, hint, flags=re.IGNORECASE)
    return re.sub(r"\d{5,}", "#", hint)[:_LONGEST_HINT].rstrip(" .")


def _identifying(request: FulfillmentRequest) -> Iterator[str]:
    address: Address = request.ship_to
    texts = (
        request.reference,
        request.display_number,
        request.notes,
        address.name,
        *address.name.split(),
        address.company,
        address.address1,
        address.address2,
        address.city,
        address.zip_code,
        address.phone,
        address.email,
    )
    # One or two letters occur inside ordinary words, and identify nobody.
    return (text.strip() for text in texts if len(text.strip()) > 2)
