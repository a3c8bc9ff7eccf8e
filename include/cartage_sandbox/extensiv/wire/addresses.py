"""How an order shows its address, by the rule `address_shown`: as it was sent, or as address correction writes it."""

from __future__ import annotations

import unicodedata
from typing import Any

from cartage_sandbox.extensiv.data.model import JsonObject
from cartage_sandbox.kernel.rules import Rules

_ABBREVIATIONS = {
    "APARTMENT": "APT",
    "AVENUE": "AVE",
    "BOULEVARD": "BLVD",
    "DRIVE": "DR",
    "EAST": "E",
    "LANE": "LN",
    "NORTH": "N",
    "ROAD": "RD",
    "SOUTH": "S",
    "STREET": "ST",
    "SUITE": "STE",
    "WEST": "W",
}
_COUNTRIES = {"US": "USA", "CA": "CANADA", "GB": "UNITED KINGDOM"}
_TERRITORIES = {"PR": "PUERTO RICO", "VI": "VIRGIN ISLANDS", "GU": "GUAM"}
_ADDED = "0001"


def shown_address(rules: Rules, sent: Any) -> Any:
    """Return shipTo as GET shows it."""
    if rules.text("address_shown") == "as_sent" or not isinstance(sent, dict):
        return sent
    return _corrected(sent)


def _corrected(sent: JsonObject) -> JsonObject:
    shown = {name: _capitals(value) if isinstance(value, str) else value for name, value in sent.items()}
    for line in ("address1", "address2"):
        if isinstance(shown.get(line), str):
            words = shown[line].replace(".", "").replace(",", "").split()
            shown[line] = " ".join(_ABBREVIATIONS.get(word, word) for word in words)
    country, state, code = (str(shown.get(name) or "") for name in ("country", "state", "zip"))
    if country == "US" and len(code) == 5:
        shown["zip"] = f"{code}-{_ADDED}"
    if country != "US":
        shown["zip"] = code.replace(" ", "")
    if country == "US" and state in _TERRITORIES:
        shown |= {"country": _TERRITORIES[state], "state": ""}
    else:
        shown["country"] = _COUNTRIES.get(country, country)
    return shown


def _capitals(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.upper())
    return "".join(character for character in parts if not unicodedata.combining(character))
