"""The Extensiv hook: from Airflow's connection to credentials, and its test button."""

from __future__ import annotations

import json
from typing import Any

import pytest
import responses

from cartage.errors import NotSupported, SettingsError
from cartage_airflow.hooks.extensiv import ExtensivHook

ADDRESS = "https://wms.example"
CONNECTION = {
    "conn_type": "extensiv",
    "host": ADDRESS,
    "login": "client",
    "password": "a-client-secret",
    "extra": {"user_login": "robot"},
}


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> ExtensivHook:
    return connected(monkeypatch, CONNECTION)


def connected(monkeypatch: pytest.MonkeyPatch, connection: dict[str, Any]) -> ExtensivHook:
    monkeypatch.setenv("AIRFLOW_CONN_WMS", json.dumps(connection))
    return ExtensivHook("wms")


def test_settings_are_the_connections_fields(hook: ExtensivHook) -> None:
    settings = hook.get_settings()
    assert (settings.base_url, settings.client_id, settings.user_login) == (ADDRESS, "client", "robot")


def test_every_missing_field_is_named_at_once_by_its_label(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as raised:
        connected(monkeypatch, {"conn_type": "extensiv"}).get_settings()
    for label in ("Client ID", "Client secret", "User login", "TPL GUID"):
        assert label in str(raised.value)


def test_the_plain_session_that_would_send_extras_as_headers_is_refused(hook: ExtensivHook) -> None:
    with pytest.raises(NotSupported, match=r"client\(\)"):
        hook.get_conn()


@responses.activate
def test_the_test_button_signs_in_and_says_so(hook: ExtensivHook) -> None:
    responses.post(f"{ADDRESS}/AuthServer/api/Token", json={"access_token": "t", "expires_in": 3600})
    responses.get(f"{ADDRESS}/properties/carriers", json={"totalResults": 0, "_embedded": {}})
    ok, text = hook.test_connection()
    assert ok, text
    assert "Signed in" in text


@responses.activate
def test_refused_credentials_are_reported_with_a_fix_and_without_a_secret(hook: ExtensivHook) -> None:
    refusal = {"Message": "invalid_client: client not registered"}
    responses.post(f"{ADDRESS}/AuthServer/api/Token", json=refusal, status=401)
    ok, text = hook.test_connection()
    assert not ok
    assert "Client secret" in text
    assert "a-client-secret" not in text


def test_an_incomplete_connection_is_reported_and_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ok, text = connected(monkeypatch, {"conn_type": "extensiv"}).test_connection()
    assert not ok
    assert "Client ID" in text
