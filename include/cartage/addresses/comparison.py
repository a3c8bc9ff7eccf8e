"""Compare addresses: two spellings of one address are equal, two addresses are not."""

from __future__ import annotations

import re
from collections.abc import Mapping

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


def same_place(address: Address, other: Address) -> bool:
    """Return whether two addresses name the same country, postal code and house, however the rest is written.

    Warehouses abbreviate streets, correct cities and move parts of an address from line to line, so that neither is
    compared. Where a country has no postal codes, the city counts instead.
    """
    first, second = normalized(address), normalized(other)
    return _place(first) == _place(second) and _same_house(_numbers(first), _numbers(second))


def _place(normal: Address) -> tuple[str, str]:
    country = squeeze(normal.country)
    if not has_postal_codes(normal.country):
        return country, squeeze(normal.city)
    return country, postal_code_key(normal.zip_code, normal.country)


def _numbers(normal: Address) -> frozenset[int]:
    lines = fold(f"{normal.address1} {normal.address2}")
    return frozenset(int(number) for number in _NUMBER.findall(lines) if len(number) < 20)


def _same_house(numbers: frozenset[int], others: frozenset[int]) -> bool:
    """A warehouse may move or drop a part, such as the suite, but puts no other number in its place."""
    return numbers <= others or others <= numbers
