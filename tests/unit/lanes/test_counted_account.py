"""A warehouse counts the calls of an account, whichever connection has its credentials; no secret is in its name."""

from __future__ import annotations

import pytest

from cartage.connections import Connection
from cartage.lanes.account import counted_account
from cartage.lanes.connectors import account_fields, call_limits, connection_fields, connector_names
from cartage.pace import NO_LIMITS, CallLimit
from tests.connector_packages import SMALL, ConnectorPackages

SECRET = "s3cret-of-the-account"


def wms(connection_id: str = "wms", **values: str) -> Connection:
    return Connection(connection_id, **({"login": "client", "password": SECRET} | values))  # type: ignore[arg-type]


def test_connections_with_the_same_credentials_are_one_account() -> None:
    assert counted_account("extensiv", wms("one")) == counted_account("extensiv", wms("two"))


def test_other_credentials_and_other_addresses_are_other_accounts() -> None:
    accounts = {
        counted_account("extensiv", connection)
        for connection in (wms(), wms(login="other"), wms(host="https://box.example.com"))
    }
    assert len(accounts) == 3


def test_a_new_secret_leaves_the_account_as_it_is_and_none_is_in_its_name() -> None:
    account = counted_account("extensiv", wms())
    assert account == counted_account("extensiv", wms(password="new"))
    assert account.startswith("extensiv/")
    assert SECRET not in account and "client" not in account


@pytest.mark.parametrize("connector", connector_names())
def test_the_fields_that_name_an_account_are_fields_of_the_connection(connector: str) -> None:
    assert set(account_fields(connector)) <= {field.name for field in connection_fields(connector)}


def test_a_connector_that_names_no_fields_counts_each_connection_by_itself(
    connector_packages: ConnectorPackages,
) -> None:
    connector_packages.install("acme")
    assert counted_account("acme", wms("one")) == counted_account("acme", wms("one", login="other"))
    assert counted_account("acme", wms("one")) != counted_account("acme", wms("two"))
    assert call_limits("acme") is NO_LIMITS


def test_a_connection_whose_named_fields_are_empty_counts_by_itself() -> None:
    one, two = (counted_account("extensiv", wms(name, login="")) for name in ("one", "two"))
    assert one != two


def test_a_connector_declares_its_limits_as_data(connector_packages: ConnectorPackages) -> None:
    declared = """
from cartage.pace import CallLimits, sliding_window

CALL_LIMITS = CallLimits(sliding_window(150, 60, burst=30), wait_headers=("x-retry-after",))
ACCOUNT_FIELDS = ("login",)
"""
    connector_packages.install("acme", SMALL + declared)
    assert call_limits("acme").limit == CallLimit(30, 2.0)
    assert counted_account("acme", wms("one")) == counted_account("acme", wms("two"))
