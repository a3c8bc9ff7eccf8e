"""How long the elements may be that Cartage writes with data of an order, and what people call them.

Source: the segment pages of releases 004010 and 005010 (doc.chinlinktech.com/x12, stedi.com/edi), compared with the
guides of 3PLs (connectors.md, section 6). A partner may allow less: `limits` of the settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum


class Release(StrEnum):
    """The releases of the standard that are written."""

    V4010 = "004010"
    V5010 = "005010"


@dataclass(frozen=True, slots=True)
class ElementLimit:
    """How many characters an element may have, and its name for people."""

    name: str
    most: int
    least: int = 1
    required: bool = False


# fmt: off
LIMITS: Mapping[str, ElementLimit] = {
    "W05-02": ElementLimit("reference", 22, required=True),
    "W05-03": ElementLimit("order number", 22),
    "N1-02": ElementLimit("receiver's name", 60, required=True),
    "N2-01": ElementLimit("company", 60),
    "N3-01": ElementLimit("first address line", 55, required=True),
    "N3-02": ElementLimit("second address line", 55),
    "N4-01": ElementLimit("city", 30, least=2, required=True),
    "N4-02": ElementLimit("state", 2, least=2),
    "N4-03": ElementLimit("postal code", 15, least=3),
    "N4-04": ElementLimit("country", 3, least=2, required=True),
    "N4-06": ElementLimit("state or region", 30),
    "PER-02": ElementLimit("contact's name", 60),
    "PER-04": ElementLimit("telephone number", 80),
    "PER-06": ElementLimit("e-mail address", 80),
    "N9-02": ElementLimit("reference", 30),
    "NTE-02": ElementLimit("notes", 80),
    "W66-05": ElementLimit("carrier and service", 35),
    "W66-10": ElementLimit("carrier's SCAC", 4, least=2),
    "W01-01": ElementLimit("quantity", 15, required=True),
    "W01-05": ElementLimit("SKU", 48, required=True),
    "W01-07": ElementLimit("store's SKU", 48),
    "G69-01": ElementLimit("item's description", 45),
    "W76-01": ElementLimit("total quantity", 15, required=True),
}
# Elements that grew.
_LATER: Mapping[Release, Mapping[str, int]] = {
    Release.V4010: {},
    Release.V5010: {"PER-04": 256, "PER-06": 256, "N9-02": 50},
}
# fmt: on


def limits(release: Release, partner: Mapping[str, int]) -> Mapping[str, ElementLimit]:
    """Return the limits of a release; where the partner allows less than that, the partner's."""
    most = {place: _LATER[release].get(place, limit.most) for place, limit in LIMITS.items()}
    return {
        place: replace(limit, most=min(most[place], partner.get(place, most[place])))
        for place, limit in LIMITS.items()
    }
