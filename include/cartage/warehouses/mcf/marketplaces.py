"""Amazon's marketplaces and the regions whose servers serve them: data.

Source: developer-docs.amazon.com/sp-api, "Marketplace IDs" and "SP-API Endpoints".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

ENDPOINTS: Mapping[str, str] = {
    "na": "https://sellingpartnerapi-na.amazon.com",
    "eu": "https://sellingpartnerapi-eu.amazon.com",
    "fe": "https://sellingpartnerapi-fe.amazon.com",
}
REGIONS: Mapping[str, str] = {"na": "North America", "eu": "Europe", "fe": "the Far East"}


@dataclass(frozen=True, slots=True)
class Marketplace:
    """A marketplace: the country's code as people write it, its id in the API, and its region."""

    country: str
    id: str
    region: str


_IDS: Mapping[str, Mapping[str, str]] = {
    "na": {
        "US": "ATVPDKIKX0DER",
        "CA": "A2EUQ1WTGCTBG2",
        "MX": "A1AM78C64UM0Y8",
        "BR": "A2Q3Y263D00KWC",
    },
    "eu": {
        "UK": "A1F83G8C2ARO7P",
        "DE": "A1PA6795UKMFR9",
        "FR": "A13V1IB3VIYZZH",
        "IT": "APJ6JRA9NG5V4",
        "ES": "A1RKKUPIHCS9HS",
        "NL": "A1805IZSGTT6HS",
        "BE": "AMEN7PMS3EDWL",
        "IE": "A28R8C7NBKEWEA",
        "PL": "A1C3SOZRARQ6R3",
        "SE": "A2NODRKZP88ZB9",
        "TR": "A33AVAJ2PDY3EV",
        "AE": "A2VIGQ35RCS4UG",
        "SA": "A17E79C6D8DWNP",
        "EG": "ARBP9OOSHTCHU",
        "ZA": "AE08WJ6YKNBMC",
        "IN": "A21TJRUUN4KGV",
    },
    "fe": {
        "JP": "A1VC38T7YXB528",
        "AU": "A39IBJ37TRP1C6",
        "SG": "A19VAU5U5O7RUS",
    },
}
MARKETPLACES: tuple[Marketplace, ...] = tuple(
    Marketplace(country, marketplace_id, region)
    for region, ids in _IDS.items()
    for country, marketplace_id in ids.items()
)
_BY_NAME = {name: each for each in MARKETPLACES for name in (each.country, each.id)} | {
    "GB": next(each for each in MARKETPLACES if each.country == "UK")
}
_ID = re.compile(r"A[0-9A-Z]{9,14}")


def find_marketplace(text: str) -> Marketplace | None:
    """Return the marketplace of a country's code or of an id; None if it is neither.

    An id that is not in the list has no region: its connection must have the address.
    """
    name = text.strip().upper()
    if found := _BY_NAME.get(name):
        return found
    return Marketplace(name, name, "") if _ID.fullmatch(name) else None
