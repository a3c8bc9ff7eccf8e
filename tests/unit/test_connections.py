"""Connections: Airflow's JSON and URI forms in the environment, chained resolvers, the ledger's URL."""

from __future__ import annotations

import json

import pytest

from cartage.connections import (
    ChainedResolver,
    Connection,
    EnvironmentResolver,
    default_resolver,
    ledger_url,
    require,
)
from cartage.errors import SettingsError

SECRET = "s3cr/et:@%"
RESOLVER = EnvironmentResolver()


class Known:
    """A resolver that knows these connections and records what it was asked for."""

    def __init__(self, *connections: Connection) -> None:
        self._connections = {connection.id: connection for connection in connections}
        self.asked: list[str] = []

    def get(self, connection_id: str) -> Connection | None:
        self.asked.append(connection_id)
        return self._connections.get(connection_id)


@pytest.fixture(autouse=True)
def _no_ledger_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CARTAGE_LEDGER_URL", raising=False)
    monkeypatch.delenv("AIRFLOW_CONN_CARTAGE_LEDGER", raising=False)


def test_a_connection_can_be_json(monkeypatch: pytest.MonkeyPatch) -> None:
    text = {
        "conn_type": "threedcart",
        "host": "apirest.3dcart.com",
        "login": "me",
        "password": SECRET,
        "port": "8443",
        "schema": "https",
        "extra": {"token": "t", "nested": {"deep": [1]}},
    }
    monkeypatch.setenv("AIRFLOW_CONN_MY_STORE", f"  {json.dumps(text)}\n")
    expected = Connection(
        "my_store", "apirest.3dcart.com", "me", SECRET, 8443, "https", {"token": "t", "nested": {"deep": [1]}}
    )
    assert RESOLVER.get("my_store") == expected


def test_extras_may_be_a_json_string(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MY_STORE", json.dumps({"extra": '{"token": "t"}'}))
    found = RESOLVER.get("my_store")
    assert found is not None
    assert found.extra == {"token": "t"}


@pytest.mark.parametrize("text", ["{}", '{"host": null, "port": null, "extra": null}', '{"extra": " "}'])
def test_absent_fields_are_empty(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MY_STORE", text)
    assert RESOLVER.get("my_store") == Connection("my_store")


def test_a_connection_can_be_a_uri(monkeypatch: pytest.MonkeyPatch) -> None:
    uri = "threedcart://m%40e:s3cr%2Fet%3A%40%25@apirest.3dcart.com:8443/https?token=a%20b&empty="
    monkeypatch.setenv("AIRFLOW_CONN_MY_STORE", uri)
    assert RESOLVER.get("my_store") == Connection(
        "my_store", "apirest.3dcart.com", "m@e", SECRET, 8443, "https", {"token": "a b", "empty": ""}
    )


def test_a_uri_may_have_packed_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "AIRFLOW_CONN_MY_STORE", "http://hooks.example.com?__extra__=%7B%22deep%22%3A%20%5B1%5D%7D"
    )
    found = RESOLVER.get("my_store")
    assert found is not None
    assert found.host == "hooks.example.com"
    assert found.extra == {"deep": [1]}


@pytest.mark.parametrize(
    "text",
    [
        '{"password": "s3cr/et:@%", ',  # cut JSON
        '{"extra": "{s3cr/et:@%"}',  # extras that are not JSON
        '{"extra": [1]}',  # extras that are not an object
        '{"extra": "[1]"}',
        '{"port": "s3cr/et:@%"}',  # a port that is not a number
        "s3cr/et:@%",  # neither
        "http://host:s3cr/et:@%",  # a URI whose port is not a number
        "http://[s3cr/et:@%",
        "http://host?__extra__=s3cr/et:@%",
    ],
)
def test_an_unreadable_connection_is_a_settings_error_without_secrets(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MY_STORE", text)
    with pytest.raises(SettingsError) as caught:
        RESOLVER.get("my_store")
    assert "AIRFLOW_CONN_MY_STORE" in str(caught.value)
    assert "s3cr" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_variable_is_no_connection(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MY_STORE", text)
    assert RESOLVER.get("my_store") is None


def test_the_first_resolver_that_knows_the_connection_wins() -> None:
    first, second, third = Known(), Known(Connection("a", "second")), Known(Connection("a", "third"))
    assert ChainedResolver(first, second, third).get("a") == Connection("a", "second")
    assert (first.asked, second.asked, third.asked) == (["a"], ["a"], [])
    assert ChainedResolver(first).get("b") is None


def test_the_environment_comes_before_registered_resolvers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MY_STORE", '{"host": "environment"}')
    assert require(default_resolver(), "my_store").host == "environment"


def test_the_error_of_a_missing_connection_says_where_to_define_it() -> None:
    with pytest.raises(SettingsError, match=r"Admin > Connections\) or as .* AIRFLOW_CONN_MY_STORE"):
        require(Known(), "my_store")


def test_neither_repr_nor_str_shows_credentials() -> None:
    shown = repr(Connection("a", "host", "login-1", "password-1", extra={"token": "token-1"}))
    assert "host" in shown
    assert all(secret not in shown for secret in ("login-1", "password-1", "token-1"))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2", "postgresql+psycopg"])
def test_the_ledger_url_always_names_the_driver(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("CARTAGE_LEDGER_URL", f"{scheme}://u:p@h:5433/d?sslmode=require")
    assert ledger_url(Known()) == "postgresql+psycopg://u:p@h:5433/d?sslmode=require"


def test_the_ledgers_variable_comes_before_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Known(Connection("cartage_ledger", "elsewhere"))
    monkeypatch.setenv("CARTAGE_LEDGER_URL", "postgresql://h/d")
    assert ledger_url(known) == "postgresql+psycopg://h/d"
    assert known.asked == []


def test_the_ledgers_connection_becomes_a_url() -> None:
    extra = {"sslmode": "require"}
    known = Connection("cartage_ledger", "db.example.com", "me", SECRET, 5433, "ledger", extra)
    url = ledger_url(Known(known))
    assert url.startswith("postgresql+psycopg://me:s3cr%2Fet%3A%40%25@db.example.com:5433/ledger")
    assert url.endswith("?sslmode=require")


def test_the_error_of_a_ledger_without_address_names_both_ways_to_set_it() -> None:
    with pytest.raises(SettingsError, match=r"set CARTAGE_LEDGER_URL, or .* 'cartage_ledger'"):
        ledger_url(Known())
