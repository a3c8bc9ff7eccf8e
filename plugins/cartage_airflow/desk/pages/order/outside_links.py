"""Pages elsewhere: the carrier's for a parcel, and the order's in the store and at the warehouse. Pure.

The carriers' addresses are their public ones for a single number. A carrier that is not listed here has no link.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from cartage.lanes.kinds import PAGE_NAME

_PAGES = {
    "ups": "https://www.ups.com/track?tracknum={}",
    "usps": "https://tools.usps.com/go/TrackConfirmAction?tLabels={}",
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={}",
    "dhl": "https://www.dhl.com/en/express/tracking.html?AWB={}",
    "ontrac": "https://www.ontrac.com/tracking/?number={}",
    "lasership": "https://www.ontrac.com/tracking/?number={}",
    "canada post": "https://www.canadapost-postescanada.ca/track-reperage/en#/search?searchFor={}",
    "purolator": "https://www.purolator.com/en/shipping/tracker?pin={}",
}


def tracking_link(tracking: str, carrier: str) -> str:
    """Return the carrier's page for a number; empty if the carrier is unknown or there is no number."""
    folded = carrier.casefold()
    page = next((page for name, page in _PAGES.items() if name in folded), "")
    return page.format(quote(tracking.strip(), safe="")) if page and tracking.strip() else ""


def order_link(pattern: str | None, numbers: Mapping[str, str]) -> str:
    """Return the page of an order in another system: a setting's address with the order's numbers in it.

    Empty without a setting, or if the order does not have a number that the address names yet.
    """
    if pattern is None or any(not numbers.get(name) for name in PAGE_NAME.findall(pattern)):
        return ""
    return PAGE_NAME.sub(lambda name: quote(numbers[name[1]], safe=""), pattern)
