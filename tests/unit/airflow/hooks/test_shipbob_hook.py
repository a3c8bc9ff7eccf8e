"""The ShipBob hook: from Airflow's connection to credentials, and its test button."""

from __future__ import annotations

import json
from typing import Any

import pytest
import responses

from cartage.errors import NotSupported, SettingsError
from cartage_airflow.hooks.shipbob import ShipBobHook

ADDRESS = "https://shipbob.example"
CONNECTION = {"conn_type": "shipbob", "host": ADDRESS, "password": "a-personal-access-token"}
CHANNELS = f"{ADDRESS}/2026-01/channel"


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> ShipBobHook:
    return connected(monkeypatch, CONNECTION)


def connected(monkeypatch: pytest.MonkeyPatch, connection: dict[str, Any]) -> ShipBobHook:
    monkeypatch.setenv("AIRFLOW_CONN_WMS", json.dumps(connection))
    return ShipBobHook("wms")


def test_settings_are_the_connections_fields(hook: ShipBobHook) -> None:
    settings = hook.get_settings()
    assert (settings.base_url, settings.token, settings.grant) == (ADDRESS, "a-personal-access-token", None)


def test_a_connection_without_a_token_and_without_an_application_names_both_ways(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(SettingsError) as raised:
        connected(monkeypatch, {"conn_type": "shipbob"}).get_settings()
    for label in ("Personal access token", "Client ID", "Client secret", "Refresh token"):
        assert label in str(raised.value)


def test_the_plain_session_that_would_send_extras_as_headers_is_refused(hook: ShipBobHook) -> None:
    with pytest.raises(NotSupported, match=r"client\(\)"):
        hook.get_conn()


@responses.activate
def test_the_test_button_names_the_channels_that_may_write_orders(hook: ShipBobHook) -> None:
    items = [
        {"id": 1, "name": "ShipBob Default", "scopes": ["orders_read"]},
        {"id": 2, "name": "Cartage", "scopes": ["orders_read", "orders_write"]},
    ]
    responses.get(CHANNELS, json={"items": items, "next": None})
    ok, text = hook.test_connection()
    assert ok, text
    assert "2 (Cartage)" in text
    assert "Default" not in text


@responses.activate
def test_a_token_without_a_channel_for_orders_fails_the_test(hook: ShipBobHook) -> None:
    responses.get(CHANNELS, json={"items": [{"id": 1, "scopes": ["orders_read"]}], "next": None})
    ok, text = hook.test_connection()
    assert not ok
    assert "may write orders" in text


@responses.activate
def test_a_refused_token_is_reported_with_a_fix_and_without_the_token(hook: ShipBobHook) -> None:
    responses.get(CHANNELS, status=401)
    ok, text = hook.test_connection()
    assert not ok
    assert "Personal access token" in text
    assert "a-personal-access-token" not in text


def test_an_incomplete_connection_is_reported_and_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ok, text = connected(monkeypatch, {"conn_type": "shipbob"}).test_connection()
    assert not ok
    assert "Personal access token" in text
