"""Compare addresses: two spellings of one address are equal, two addresses are not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cartage.addresses.normal import normalized
from cartage.addresses.postal_codes import postal_code_key
from cartage.addresses.regions import has_postal_codes
from cartage.addresses.spelling import fold, squeeze, text_key
from cartage.model.orders import Address

# A number of a house, an apartment or a box; not of a street, such as 42nd, which may also be written out.
_NUMBER = re.compile(r"(?<!\d)\d++(?!(?:st|nd|rd|th)\b)")


def address_keys(address: Address) -> Mapping[str, str]:
    """Return what to compare each field of an address by: spelling does not count, the content does."""
    normal = normalized(address)
    keys = {name: text_key(getattr(normal, name)) for name in Address.__slots__}
    keys["phone"] = squeeze(normal.phone)
    keys["email"] = normal.email.strip().casefold()
    keys["zip_code"] = postal_code_key(normal.zip_code, normal.country)
    return keys


@dataclass(frozen=True, slots=True)
class PlaceKey:
    """What the place of an address is known by: its country with the postal code or city, and all house numbers."""

    area: tuple[str, str]
    numbers: frozenset[int]

    def is_same(self, other: PlaceKey) -> bool:
        """Return whether it is the same place. A warehouse may drop a part, such as the suite; it changes no number."""
        return self.area == other.area and (self.numbers <= other.numbers or other.numbers <= self.numbers)


def place_key(address: Address) -> PlaceKey:
    """Return the place of an address. Where a country has no postal codes, the city counts instead."""
    normal = normalized(address)
    return PlaceKey(_place(normal), _numbers(normal))


def same_place(address: Address, other: Address) -> bool:
    """Return whether two addresses name the same country, postal code and house, however the rest is written.

    Warehouses abbreviate streets, correct cities and move parts of an address from line to line, so that neither is
    compared.
    """
    return place_key(address).is_same(place_key(other))


def _place(normal: Address) -> tuple[str, str]:
    country = squeeze(normal.country)
    if not has_postal_codes(normal.country):
        return country, squeeze(normal.city)
    return country, postal_code_key(normal.zip_code, normal.country)


def _numbers(normal: Address) -> frozenset[int]:
    lines = fold(f"{normal.address1} {normal.address2}")
    return frozenset(int(number) for number in _NUMBER.findall(lines) if len(number) < 20)
