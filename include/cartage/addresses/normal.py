"""The normal form of an address: the one that is judged, sent and compared."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from cartage.addresses.countries import country_code
from cartage.addresses.military import is_military_abroad, office
from cartage.addresses.postal_codes import postal_code
from cartage.addresses.regions import US_TERRITORIES, region_code, region_of_us_code
from cartage.model.orders import Address


class TerritoryForm(StrEnum):
    """How an address in a territory of the United States, such as Puerto Rico, is written."""

    STATE = "state"  # country US, state PR: as the postal service does
    COUNTRY = "country"  # country PR: as UPS and FedEx do


def normalized(address: Address) -> Address:
    """Return the address with the codes of its country and state, and its postal code in its country's form.

    A US territory is a state of the US. Names and streets stay as the buyer wrote them.
    """
    country = country_code(address.country)
    state = _without_country(address.state.strip(), country, address.country)
    city = address.city
    if country in US_TERRITORIES:
        country, state = "US", country
    in_us = region_code("US", state)
    if is_military_abroad(city, in_us, postal_code(address.zip_code, "US", in_us)):
        country = "US"
    state = region_code(country, state)
    zip_code = postal_code(address.zip_code, country, state)
    if country == "US":
        state = state or region_of_us_code(zip_code)
        city = office(city) or city
    return replace(address, city=city, state=state, zip_code=zip_code, country=country)


def written_with_territory(address: Address, form: TerritoryForm) -> Address:
    """Return a normalized address with its US territory as a state or as a country."""
    if form is TerritoryForm.COUNTRY and address.country == "US" and address.state in US_TERRITORIES:
        return replace(address, country=address.state)
    return address


def destination(address: Address) -> str:
    """Return the code of the country or US territory that a normalized address is in."""
    return written_with_territory(address, TerritoryForm.COUNTRY).country


def destinations(address: Address) -> frozenset[str]:
    """Return every country code that covers a normalized address: US and PR for Puerto Rico; none without a country."""
    return frozenset(filter(None, (address.country, destination(address))))


def _without_country(state: str, *countries: str) -> str:
    """Return the state without its country: some stores use ISO 3166-2, such as `US-CA`."""
    for country in countries:
        start = f"{country.strip()}-".upper()
        if len(start) > 1 and state.upper().startswith(start):
            return state[len(start) :]
    return state
