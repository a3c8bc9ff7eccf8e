"""The carrier's page for a parcel, from the carrier's name at the warehouse and the tracking number. Pure.

The addresses are the carriers' public ones for a single number. A carrier that is not listed here has no link.
"""

from __future__ import annotations

from urllib.parse import quote

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
