"""Military and diplomatic post offices: APO, FPO and DPO, in the states AA, AE and AP (USPS Publication 28)."""

from __future__ import annotations

from cartage.addresses.regions import MILITARY_STATES, fits_us_state
from cartage.addresses.spelling import fold
from cartage.model.orders import Address

_OFFICES = ("apo", "fpo", "dpo")


def is_military(address: Address) -> bool:
    """Return whether a normalized address is that of a military or diplomatic post office."""
    if address.country != "US":
        return False
    return address.state in MILITARY_STATES or bool(office(address.city)) or _has_military_code(address)


def is_military_abroad(city: str, state: str, zip_code: str) -> bool:
    """Return whether an address is military although its country is that of the base: all its parts must say so."""
    return bool(office(city)) and state in MILITARY_STATES and fits_us_state(zip_code, state)


def office(city: str) -> str:
    """Return APO, FPO or DPO if that is the city, with or without its state; otherwise an empty text."""
    words = fold(city).replace(".", "").replace(",", " ").split()
    if words and words[0] in _OFFICES and all(word.upper() in MILITARY_STATES for word in words[1:]):
        return words[0].upper()
    return ""


def _has_military_code(address: Address) -> bool:
    return any(fits_us_state(address.zip_code, state) for state in MILITARY_STATES)
