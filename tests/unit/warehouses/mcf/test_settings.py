"""Settings, marketplaces and credentials: all mistakes reported together, by label; secrets never shown."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from cartage.connections import Connection
from cartage.errors import SettingsError
from cartage.warehouses.mcf.credentials import LOGIN_ADDRESS, MCF_FIELDS, McfCredentials
from cartage.warehouses.mcf.marketplaces import ENDPOINTS, MARKETPLACES, find_marketplace
from cartage.warehouses.mcf.settings import McfSettings

GERMANY = find_marketplace("DE")


def connection(**changes: object) -> Connection:
    fields = {
        "login": "client-id",
        "password": "s3cret-of-the-app",
        "extra": {"refresh_token": "Atzr|refresh"},
    }
    return Connection("amazon", **{**fields, **changes})  # type: ignore[arg-type]


def test_every_missing_field_is_named_at_once_by_its_label() -> None:
    wrong = Connection("amazon", host="ftp://x", extra={"login_address": "nowhere"})
    with pytest.raises(SettingsError) as caught:
        McfCredentials.from_connection(wrong)
    text = str(caught.value)
    assert "'amazon'" in text
    for name, label in MCF_FIELDS.items():
        assert label in text, name


def test_the_repr_of_credentials_shows_no_secret() -> None:
    shown = repr(McfCredentials.from_connection(connection()))
    for secret in ("s3cret", "Atzr", "client-id"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("fields", "country", "address"),
    [
        ({}, None, ENDPOINTS["na"]),
        ({}, "US", ENDPOINTS["na"]),
        ({}, "DE", ENDPOINTS["eu"]),
        ({}, "JP", ENDPOINTS["fe"]),
        ({"host": "EU"}, None, ENDPOINTS["eu"]),
        ({"host": "127.0.0.1", "schema": "http", "port": 8080}, "US", "http://127.0.0.1:8080"),
        ({"host": "https://proxy.example/amazon/"}, "DE", "https://proxy.example/amazon"),
    ],
)
def test_the_address_is_that_of_the_region_unless_the_connection_names_another(
    fields: dict[str, object], country: str | None, address: str
) -> None:
    marketplace = find_marketplace(country) if country else None
    found = McfCredentials.from_connection(connection(**fields), marketplace)
    assert (found.base_url, found.login_url) == (address, LOGIN_ADDRESS)


@pytest.mark.parametrize("host", ["na", "fe", ENDPOINTS["na"]])
def test_an_address_of_another_region_than_the_marketplaces_is_a_mistake(host: str) -> None:
    with pytest.raises(SettingsError, match="does not serve marketplace DE"):
        McfCredentials.from_connection(connection(host=host), GERMANY)


def test_a_marketplace_that_is_not_in_the_list_needs_an_address() -> None:
    unknown = find_marketplace("A000000000")
    assert unknown
    with pytest.raises(SettingsError, match="region of marketplace A000000000 is not known"):
        McfCredentials.from_connection(connection(), unknown)
    assert McfCredentials.from_connection(connection(host="eu"), unknown).base_url == ENDPOINTS["eu"]


@pytest.mark.parametrize(
    ("text", "marketplace_id"),
    [
        ("US", "ATVPDKIKX0DER"),
        (" us ", "ATVPDKIKX0DER"),
        ("ATVPDKIKX0DER", "ATVPDKIKX0DER"),
        ("GB", "A1F83G8C2ARO7P"),
        ("UK", "A1F83G8C2ARO7P"),
    ],
)
def test_a_marketplace_is_named_by_country_or_id(text: str, marketplace_id: str) -> None:
    assert McfSettings(marketplace=text).place().id == marketplace_id


@pytest.mark.parametrize("text", ["", "USA", "XX", "amazon.com"])
def test_what_is_no_marketplace_is_refused_with_the_countries(text: str) -> None:
    with pytest.raises(ValidationError, match="is no marketplace") as caught:
        McfSettings(marketplace=text)
    assert "US, CA" in str(caught.value.errors()[0]["ctx"])


def test_the_marketplaces_are_distinct_and_each_region_has_a_server() -> None:
    assert len({each.id for each in MARKETPLACES}) == len(MARKETPLACES) > 20
    assert {each.region for each in MARKETPLACES} == set(ENDPOINTS)


@pytest.mark.parametrize("secret", ["password", "extra"])
def test_a_secret_of_one_letter_is_refused_as_a_mistake(secret: str) -> None:
    short = {"password": "s"} if secret == "password" else {"extra": {"refresh_token": "A"}}
    with pytest.raises(SettingsError, match="has only 1 character"):
        McfCredentials.from_connection(connection(**short))
