"""The 3dcart hook: from Airflow's connection to credentials, and its test button."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import responses

from cartage.errors import NotSupported, SettingsError
from cartage.storefront.fields import STORE_FIELDS
from cartage_airflow.hooks.threedcart import ThreeDCartHook

API = "https://api.example"
SECRET = "0123456789abcdef0123456789abcdef"
CONNECTION = {
    "conn_type": "threedcart",
    "host": API,
    "extra": {"secure_url": "https://demo.3dcartstores.com", "private_key": SECRET, "token": SECRET[::-1]},
}


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> ThreeDCartHook:
    return connected(monkeypatch, CONNECTION)


def connected(monkeypatch: pytest.MonkeyPatch, connection: dict[str, Any]) -> ThreeDCartHook:
    monkeypatch.setenv("AIRFLOW_CONN_STORE", json.dumps(connection))
    return ThreeDCartHook("store")


def test_settings_are_the_connections_fields_and_show_no_secret(hook: ThreeDCartHook) -> None:
    settings = hook.get_settings()
    assert settings.base_url == API
    assert settings.identity == "demo.3dcartstores.com"
    assert settings.private_key.get_secret_value() == SECRET
    assert SECRET not in repr(settings)


def test_every_missing_field_is_named_at_once_by_its_label(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as raised:
        connected(monkeypatch, {"conn_type": "threedcart"}).get_settings()
    for field in STORE_FIELDS:
        assert (f"{field.label}: missing" in str(raised.value)) is field.required


def test_the_plain_session_that_would_send_extras_as_headers_is_refused(hook: ThreeDCartHook) -> None:
    with pytest.raises(NotSupported, match=r"client\(\)"):
        hook.get_conn()


@responses.activate
def test_a_client_sends_the_three_headers_and_no_other_extra(hook: ThreeDCartHook) -> None:
    sent = responses.get(url=f"{API}/3dCartWebAPI/v2/OrderStatus", json=[])
    client = hook.client(ZoneInfo("America/New_York"))
    client.order_statuses()
    client.close()
    headers = {name.lower(): value for name, value in sent.calls[0].request.headers.items()}
    assert headers["privatekey"] == SECRET
    assert headers["token"] == SECRET[::-1]
    assert "secureurl" in headers
    assert not headers.keys() & {"secure_url", "private_key", "api_version"}


@responses.activate
def test_the_test_button_reads_and_says_what_it_found(hook: ThreeDCartHook) -> None:
    responses.get(f"{API}/3dCartWebAPI/v2/OrderStatus", json=[])
    responses.get(f"{API}/3dCartWebAPI/v2/Orders", json={"TotalCount": 7})
    ok, text = hook.test_connection()
    assert ok, text
    assert "7 orders" in text


@responses.activate
def test_refused_credentials_are_reported_with_a_fix_and_without_a_secret(hook: ThreeDCartHook) -> None:
    responses.get(f"{API}/3dCartWebAPI/v2/OrderStatus", json={"Message": "denied"}, status=401)
    ok, text = hook.test_connection()
    assert not ok
    assert "Private key" in text
    assert "store" in text
    assert SECRET not in text


def test_an_incomplete_connection_is_reported_and_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ok, text = connected(monkeypatch, {"conn_type": "threedcart"}).test_connection()
    assert not ok
    assert "Secure URL" in text
