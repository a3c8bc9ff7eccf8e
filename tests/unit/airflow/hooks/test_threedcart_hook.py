"""The 3dcart hook: from Airflow's connection to credentials, and its test button."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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
    return ThreeDCartHook("store", time_zone="America/New_York")


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
    with hook.client() as store:
        store.order_statuses()
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


def test_without_a_ledger_the_calls_are_limited_in_this_process_with_a_warning(
    hook: ThreeDCartHook, caplog: pytest.LogCaptureFixture
) -> None:
    with hook.client():
        pass
    [warning] = [record for record in caplog.records if record.levelname == "WARNING"]
    assert "counted in this process only" in warning.getMessage()
    assert "demo.3dcartstores.com" in warning.getMessage()


def test_a_store_that_no_lane_uses_needs_a_time_zone(hook: ThreeDCartHook) -> None:
    with pytest.raises(SettingsError, match="give time_zone"), ThreeDCartHook("store").client():
        pass


def test_a_lane_gives_connection_time_zone_and_limits(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lanes = tmp_path / "lanes.yaml"
    lanes.write_text(
        """
lanes:
  demo:
    store: {connection: store, time_zone: America/Chicago, go_live: 2026-11-01}
    warehouse: {connector: extensiv, connection: wms, settings: {customer_id: 1, facility_id: 1}}
"""
    )
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(lanes))
    assert ThreeDCartHook(lane="demo").http_conn_id == "store"
    assert ThreeDCartHook(lane="demo").zone.key == "America/Chicago"
    assert ThreeDCartHook("store").zone.key == "America/Chicago", "the lane on the connection is found"
    with pytest.raises(SettingsError, match="no such lane"):
        ThreeDCartHook(lane="other")
