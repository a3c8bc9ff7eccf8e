"""Two spellings of one address are equal; two different addresses never are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cartage.addresses import address_keys, same_place
from cartage.model.orders import Address

SAN_JUAN = Address("José Núñez", "", "12 Calle Luna", "Apt. 4", "San Juan", "PR", "00901", "US")
OTTAWA = Address("A. Roy", "", "111 Wellington Street", "", "Ottawa", "ON", "K1A 0B1", "CA")


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (SAN_JUAN, {"country": "Puerto Rico", "state": ""}),
        (SAN_JUAN, {"country": "PR", "state": "Puerto Rico"}),
        (SAN_JUAN, {"country": "USA", "zip_code": "00901-1234"}),
        (SAN_JUAN, {"country": "United States", "zip_code": "901"}),
        (SAN_JUAN, {"address1": "12 CALLE LUNA APT 4", "address2": "", "city": "SAN JUAN"}),
        (SAN_JUAN, {"address1": "# 4, 12 Calle Luna", "address2": ""}),
        (OTTAWA, {"zip_code": "k1a0b1", "country": "CAN", "address1": "111 WELLINGTON ST"}),
        (OTTAWA, {"address1": "One-Eleven Wellington", "country": "Canada"}),
        (replace(OTTAWA, address1="11\x1b1 Wel\u200blington Street"), {"address1": "111 Wellington Street"}),
    ],
)
def test_a_warehouse_s_spelling_is_the_same_place(sent: Address, shown: dict[str, str]) -> None:
    assert same_place(sent, replace(sent, **shown))
    assert same_place(replace(sent, **shown), sent)


@pytest.mark.parametrize(
    "other",
    [
        {"zip_code": "00902"},
        {"country": "CA"},
        {"country": "VI", "state": "", "zip_code": "00802"},
        {"address1": "99 Calle Luna", "address2": ""},
        {"address2": "Apt. 5"},
    ],
)
def test_another_place_is_never_the_same(other: dict[str, str]) -> None:
    assert not same_place(SAN_JUAN, replace(SAN_JUAN, **other))


def test_where_there_are_no_postal_codes_the_city_counts() -> None:
    dubai = Address(address1="Villa 3", city="Dubai", country="AE")
    assert same_place(dubai, replace(dubai, city="DUBAI", zip_code="00000", country="UAE"))
    assert not same_place(dubai, replace(dubai, city="Sharjah"))


@pytest.mark.parametrize("country", ["XX", "ZZ", "Nowhere", "", "É"])
def test_a_country_that_does_not_exist_is_compared_too(country: str) -> None:
    nowhere = Address(address1="Villa 3", city="Nowhere", zip_code="12", country=country)
    assert same_place(nowhere, nowhere)
    assert not same_place(nowhere, replace(nowhere, zip_code="13"))


def test_a_street_s_number_may_be_written_out() -> None:
    address = replace(OTTAWA, address1="350 5th Avenue")
    assert same_place(address, replace(address, address1="350 Fifth Ave"))


_NUMBERS = st.integers(1, 99999)
_WORDS = st.text(st.characters(categories=["Lu", "Ll"], max_codepoint=0x17F), min_size=1, max_size=10)


@st.composite
def _us_addresses(draw: st.DrawFn) -> Address:
    return Address(
        name=draw(_WORDS),
        address1=f"{draw(_NUMBERS)} {draw(_WORDS)} Street",
        city=draw(_WORDS),
        state=draw(st.sampled_from(["NJ", "PR", "FL", "GU", "VI"])),
        zip_code=f"{draw(st.integers(501, 99950)):05d}",
        country="US",
    )


def _respelled(address: Address, country: str, plus_four: str, upper: bool) -> Address:
    other = replace(address, country=country, zip_code=address.zip_code + plus_four)
    if upper:
        other = replace(
            other, name=other.name.upper(), city=other.city.upper(), address1=other.address1 + "."
        )
    return other


@given(
    _us_addresses(),
    st.sampled_from(["us", "USA", "United States", "U.S."]),
    st.sampled_from(["", "-1234", " 1234", "1234"]),
    st.booleans(),
)
def test_every_spelling_of_an_address_is_equal(
    address: Address, country: str, plus_four: str, upper: bool
) -> None:
    other = _respelled(address, country, plus_four, upper)
    assert same_place(address, other)
    assert address_keys(address) == address_keys(other)


@given(_us_addresses(), _us_addresses())
def test_two_addresses_are_never_equal(first: Address, second: Address) -> None:
    places = [(address.zip_code, address.address1.split()[0]) for address in (first, second)]
    assume(places[0] != places[1])
    assert not same_place(first, second)
    assert address_keys(first) != address_keys(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [("1 1 Main St", "11 Main St"), ("12-34 Main St", "1234 Main St"), ("12 1/2 Main", "12 12 Main")],
)
def test_punctuation_between_numbers_tells_addresses_apart(first: str, second: str) -> None:
    assert address_keys(Address(address1=first)) != address_keys(Address(address1=second))


@pytest.mark.parametrize(
    ("first", "second"),
    [("O'Brien Rd.", "O’Brien Rd"), ("12 Müller-Straße", "12 MULLER STRASSE"), ("Apt. #5", "apt 5")],
)
def test_case_accents_and_punctuation_do_not_count(first: str, second: str) -> None:
    assert address_keys(Address(address1=first)) == address_keys(Address(address1=second))
