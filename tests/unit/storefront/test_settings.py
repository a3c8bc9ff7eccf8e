from __future__ import annotations

from typing import Any

import pytest

from cartage.connections import Connection
from cartage.errors import SettingsError
from cartage.storefront.fields import API_ADDRESS, STORE_FIELDS
from cartage.storefront.settings import StoreCredentials, normalise_secure_url

KEY, TOKEN = "5a6d0b0c1e2f3a4b5c6d7e8f90a1b2c3", "c0ffee00112233445566778899aabbcc"


def connection(host: str = "", schema: str = "", port: int | None = None, **extra: Any) -> Connection:
    given = {"secure_url": "https://demo.3dcartstores.com", "private_key": KEY, "token": TOKEN} | extra
    return Connection("my_store", host=host, schema=schema, port=port, extra=given)


def mistakes(found: Connection) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        StoreCredentials.from_connection(found)
    return list(raised.value.mistakes)


def test_every_missing_field_is_named_at_once_by_its_label() -> None:
    found = mistakes(Connection("my_store"))
    assert [line.split(":")[0].strip() for line in found] == ["Secure URL", "Private key", "Token"]


def test_the_form_describes_each_field_and_hides_secrets() -> None:
    labels = {field.label: field.secret for field in STORE_FIELDS}
    assert labels == {
        "API address": False,
        "Secure URL": False,
        "Private key": True,
        "Token": True,
        "API version": False,
    }
    assert all(field.description for field in STORE_FIELDS)


def test_no_secret_is_shown_in_repr_dump_or_error() -> None:
    credentials = StoreCredentials.from_connection(connection())
    shown = repr(credentials) + str(credentials) + credentials.model_dump_json()
    shown += "".join(mistakes(connection(private_key=f"{KEY} {KEY}", token=f"{TOKEN}…")))
    assert KEY not in shown
    assert TOKEN not in shown


@pytest.mark.parametrize("pasted", ["a\nb", "a b", "a…", "tökèn"])
def test_a_key_that_no_header_can_carry_is_reported_before_any_call(pasted: str) -> None:
    assert [line.strip() for line in mistakes(connection(token=pasted))] == [
        "Token: contains blanks or characters that a key cannot have; paste it again."
    ]


@pytest.mark.parametrize(("name", "label"), [("private_key", "Private key"), ("token", "Token")])
def test_a_key_of_one_letter_is_refused_as_a_mistake(name: str, label: str) -> None:
    given: dict[str, Any] = {name: "a"}
    (line,) = mistakes(connection(**given))
    assert line.strip() == f"{label}: has only 1 character, which is no key; paste it again."


def test_blanks_around_a_pasted_value_do_no_harm() -> None:
    credentials = StoreCredentials.from_connection(connection(token=f" {TOKEN}\n"))
    assert credentials.token.get_secret_value() == TOKEN


@pytest.mark.parametrize(
    ("host", "schema", "port", "address"),
    [
        ("", "", None, API_ADDRESS),
        ("", "https", None, API_ADDRESS),
        ("127.0.0.1", "http", 8080, "http://127.0.0.1:8080"),
        ("api.example.test", "", None, "https://api.example.test"),
        ("http://127.0.0.1:8080/", "", None, "http://127.0.0.1:8080"),
        ("https://apirest.3dcart.com/3dCartWebAPI/v2/Orders", "", None, API_ADDRESS),
    ],
)
def test_the_api_address_is_read_in_every_form_that_airflow_stores(
    host: str, schema: str, port: int | None, address: str
) -> None:
    assert StoreCredentials.from_connection(connection(host, schema, port)).base_url == address


@pytest.mark.parametrize(
    "host", ["ftp://x", "http://", "http://a:b@c", "https://a/b", "http://[", "http://a:0"]
)
def test_an_unusable_address_is_reported(host: str) -> None:
    assert "API address" in mistakes(connection(host))[0]


def test_the_stores_own_address_is_not_the_apis() -> None:
    assert "API address" in mistakes(connection("https://www.demo.3dcartstores.com"))[0]


@pytest.mark.parametrize(
    "written",
    [
        "https://demo.3dcartstores.com",
        "http://demo.3dcartstores.com/",
        "demo.3dcartstores.com",
        "WWW.Demo.3dcartStores.com/",
        "  https://www.demo.3dcartstores.com/index.asp?x=1 ",
    ],
)
def test_every_spelling_of_a_stores_address_is_the_same_store(written: str) -> None:
    assert normalise_secure_url(written) == "demo.3dcartstores.com"
    assert (
        StoreCredentials.from_connection(connection(secure_url=written)).identity == "demo.3dcartstores.com"
    )


@pytest.mark.parametrize("written", ["https://", "my store", "a_b.test"])
def test_a_secure_url_that_is_not_an_address_is_reported(written: str) -> None:
    assert "Secure URL" in mistakes(connection(secure_url=written))[0]


def test_v2_is_used_unless_the_connection_says_v1() -> None:
    assert StoreCredentials.from_connection(connection()).api_version == "v2"
    assert StoreCredentials.from_connection(connection(api_version="v1")).api_version == "v1"
    assert "API version" in mistakes(connection(api_version="v3"))[0]
