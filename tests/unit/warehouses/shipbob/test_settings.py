"""ShipBob's settings and credentials: every mistake is named at once, by its label; no secret is shown."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from cartage.connections import Connection
from cartage.errors import SettingsError
from cartage.lanes.account import counted_account
from cartage.warehouses.shipbob import ShipBobCredentials, ShipBobSettings

TOKEN = "a-personal-access-token"
GRANT = {"client_secret": "a-client-secret", "refresh_token": "a-refresh-token"}


def credentials(**fields: Any) -> ShipBobCredentials:
    return ShipBobCredentials.from_connection(Connection("wms", **fields))


def test_a_personal_access_token_is_enough() -> None:
    found = credentials(password=TOKEN)
    assert (found.base_url, found.token, found.grant) == ("https://api.shipbob.com", TOKEN, None)
    assert TOKEN not in repr(found)


def test_an_application_signs_in_at_shipbobs_own_address() -> None:
    found = credentials(login="an-application", extra=GRANT)
    assert found.grant is not None
    assert (found.grant.address, found.grant.file) == ("https://auth.shipbob.com", None)
    assert "secret" not in repr(found).replace("client_secret", "")


@pytest.mark.parametrize(
    ("fields", "label"),
    [
        (
            {"login": "an-application", "extra": {"client_secret": "a-client-secret"}},
            "Refresh token: missing",
        ),
        ({"password": "x"}, "Personal access token: has only 1 character"),
        ({"password": TOKEN, "host": "ftp://shipbob.example"}, "API address"),
        (
            {"login": "app", "extra": {**GRANT, "grant_file": "shipbob.json"}},
            "Grant file: give the whole path",
        ),
        ({"login": "app", "extra": {**GRANT, "auth_address": "nowhere"}}, "Sign-in address"),
    ],
)
def test_a_mistake_is_named_by_its_label(fields: dict[str, Any], label: str) -> None:
    with pytest.raises(SettingsError, match=label):
        credentials(**fields)


def test_connections_with_one_token_are_counted_together_and_others_apart() -> None:
    accounts = [
        counted_account("shipbob", Connection(name, password=token))
        for name, token in (("one", TOKEN), ("two", TOKEN), ("three", "another-access-token"))
    ]
    assert accounts[0] == accounts[1] != accounts[2]
    assert TOKEN not in accounts[0]


@pytest.mark.parametrize("settings", [{}, {"channel_id": 0}, {"channel_id": 1, "order_type": "B2B"}])
def test_a_lane_needs_a_channel_and_ships_to_consumers(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ShipBobSettings.model_validate(settings)
