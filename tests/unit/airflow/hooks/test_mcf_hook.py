"""The hook for Amazon: from Airflow's connection to credentials, and its test button."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import responses

from cartage.errors import NotSupported, SettingsError
from cartage.lanes.sources.places import FILE_VARIABLE
from cartage.warehouses.mcf.marketplaces import ENDPOINTS
from cartage_airflow.hooks.mcf import McfHook

ADDRESS = "https://amazon.example"
TOKEN = f"{ADDRESS}/auth/o2/token"
ORDERS = f"{ADDRESS}/fba/outbound/2020-07-01/fulfillmentOrders"
CONNECTION = {
    "conn_type": "mcf",
    "host": ADDRESS,
    "login": "client",
    "password": "a-client-secret",
    "extra": {"refresh_token": "a-refresh-token", "login_address": ADDRESS},
}


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> McfHook:
    return connected(monkeypatch, CONNECTION)


def connected(monkeypatch: pytest.MonkeyPatch, connection: dict[str, Any]) -> McfHook:
    monkeypatch.setenv("AIRFLOW_CONN_AMAZON", json.dumps(connection))
    return McfHook("amazon")


def test_settings_are_the_connections_fields(hook: McfHook) -> None:
    settings = hook.get_settings()
    assert (settings.base_url, settings.client_id, settings.login_url) == (ADDRESS, "client", ADDRESS)


def test_every_missing_field_is_named_at_once_by_its_label(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as raised:
        connected(monkeypatch, {"conn_type": "mcf"}).get_settings()
    for label in ("Client ID", "Client secret", "Refresh token"):
        assert label in str(raised.value)


def test_the_plain_session_that_would_send_extras_as_headers_is_refused(hook: McfHook) -> None:
    with pytest.raises(NotSupported, match=r"client\(\)"):
        hook.get_conn()


@responses.activate
def test_the_test_button_signs_in_and_lists_orders(hook: McfHook) -> None:
    responses.post(TOKEN, json={"access_token": "t", "token_type": "bearer", "expires_in": 3600})
    responses.get(ORDERS, json={"payload": {"fulfillmentOrders": []}})
    ok, text = hook.test_connection()
    assert ok, text
    assert "Signed in" in text
    assert responses.calls[1].request.headers["x-amz-access-token"] == "t"


@responses.activate
def test_refused_credentials_are_reported_with_a_fix_and_without_a_secret(hook: McfHook) -> None:
    refusal = {"error": "invalid_grant", "error_description": "The refresh token is not valid."}
    responses.post(TOKEN, json=refusal, status=400)
    ok, text = hook.test_connection()
    assert not ok
    assert "Refresh token" in text
    assert "invalid_grant" in text
    for secret in ("a-client-secret", "a-refresh-token"):
        assert secret not in text


def test_the_region_is_that_of_the_lane_that_uses_the_connection(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lanes = tmp_path / "lanes.yaml"
    lanes.write_text(
        "lanes:\n  demo:\n"
        "    store: {connection: store, time_zone: UTC, go_live: 2026-01-01}\n"
        "    warehouse: {connector: mcf, connection: amazon, settings: {marketplace: DE}}\n"
    )
    monkeypatch.setenv(FILE_VARIABLE, str(lanes))
    hook = connected(monkeypatch, {**CONNECTION, "host": ""})
    assert hook.get_settings().base_url == ENDPOINTS["eu"]
