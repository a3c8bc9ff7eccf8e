"""Postal codes as their countries write them."""

from __future__ import annotations

import re

from cartage.addresses.regions import fits_us_state, is_region
from cartage.addresses.spelling import squeeze

# Digits in groups, as buyers and spreadsheets write them: 33101, 33101-1234, 33101 1234, 331011234, 7001, 901.
_US = re.compile(r"(?P<five>\d{3,5})(?:\s*[-\u2013\s]\s*(?P<four>\d{4}))?|(?P<run>\d{7,9})")
_CANADA = re.compile(r"[a-z]\d[a-z]\d[a-z]\d")
_UNITED_KINGDOM = re.compile(r"[a-z]{1,2}\d[a-z\d]?\d[a-z]{2}")


def postal_code(text: str, country: str, state: str = "") -> str:
    """Return the code in the form of its country: `7001` in New Jersey is `07001`, `k1a0b1` in Canada `K1A 0B1`.

    A US code gets its lost leading zeros back unless it then belongs to another state. Any other text stays as it is.
    """
    bare = " ".join(text.split())
    squeezed = squeeze(bare)
    if country == "US":
        return _us_code(bare, state)
    if country == "CA" and _CANADA.fullmatch(squeezed):
        return f"{squeezed[:3]} {squeezed[3:]}".upper()
    if country == "GB" and _UNITED_KINGDOM.fullmatch(squeezed):
        return f"{squeezed[:-3]} {squeezed[-3:]}".upper()
    return bare.upper()


def postal_code_key(code: str, country: str) -> str:
    """Return what to compare a normalized code by. Of a US code that is five digits: ZIP+4 only adds the street."""
    key = squeeze(code)
    return key[:5] if country == "US" else key


def _us_code(text: str, state: str) -> str:
    found = _US.fullmatch(text)
    if found is None:
        return text.upper()
    five, four = found["five"], found["four"] or ""
    if found["run"]:
        five, four = found["run"][:-4], found["run"][-4:]
    padded = five.rjust(5, "0")
    if padded != five and not _may_have_lost_zeros(padded, state):
        return text
    return f"{padded}-{four}" if four else padded


def _may_have_lost_zeros(padded: str, state: str) -> bool:
    """Without a known state, one zero may be lost: three digits alone are no code."""
    if is_region("US", state):
        return fits_us_state(padded, state)
    return not padded.startswith("00")
