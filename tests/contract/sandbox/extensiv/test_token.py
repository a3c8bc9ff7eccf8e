"""Tokens and roles: who gets a token, how long it is valid, and what a credential may do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import requests

from cartage_sandbox.extensiv import DEFAULT_CREDENTIAL, READER_CREDENTIAL, TOKEN_PATH

if TYPE_CHECKING:
    from tests.contract.sandbox.extensiv.conftest import Wms


def test_the_token_response_has_the_documented_shape(wms: Wms) -> None:
    response = wms.token().json()
    assert response.pop("access_token")
    assert response == {"token_type": "Bearer", "expires_in": 3600, "refresh_token": None, "scope": None}


@pytest.mark.parametrize(
    "user",
    [
        {"user_login": DEFAULT_CREDENTIAL.user_login},
        {"user_login": "", "user_login_id": DEFAULT_CREDENTIAL.user_login_id},
        {"user_login": None, "user_login_id": str(DEFAULT_CREDENTIAL.user_login_id)},
        {"tpl": DEFAULT_CREDENTIAL.tpl},
    ],
)
def test_every_documented_identification_of_the_user_gets_a_token(wms: Wms, user: dict[str, Any]) -> None:
    assert wms.token(**user).status_code == 200


@pytest.mark.parametrize(
    "user", [{"user_login": ""}, {"user_login": "x"}, {"user_login_id": 1}, {"tpl": "{0}"}]
)
def test_a_wrong_or_missing_user_is_refused(wms: Wms, user: dict[str, Any]) -> None:
    assert wms.token(**user).status_code == 401


def test_an_unknown_client_is_refused_in_the_observed_shape(wms: Wms) -> None:
    response = wms.token(replace(DEFAULT_CREDENTIAL, client_id="nobody"))
    assert response.status_code == 401
    assert response.json() == {"Message": "invalid_client: client not registered"}


def test_a_wrong_secret_is_refused(wms: Wms) -> None:
    assert wms.token(replace(DEFAULT_CREDENTIAL, client_secret="wrong")).status_code == 401


@pytest.mark.parametrize("header", ["", "Basic", "Basic !!!", "Bearer abc"])
def test_a_request_without_a_client_is_refused(wms: Wms, header: str) -> None:
    headers = {"Authorization": header} if header else {}
    body = {"grant_type": "client_credentials", "user_login": "cartage"}
    assert requests.post(wms.url + TOKEN_PATH, json=body, headers=headers, timeout=5).status_code == 401


def test_a_different_grant_type_is_refused(wms: Wms) -> None:
    assert wms.token(grant_type="password").status_code == 400


def test_a_form_body_is_accepted_too(wms: Wms) -> None:
    auth = (DEFAULT_CREDENTIAL.client_id, DEFAULT_CREDENTIAL.client_secret)
    form = {"grant_type": "client_credentials", "user_login": "cartage"}
    assert requests.post(wms.url + TOKEN_PATH, data=form, auth=auth, timeout=5).status_code == 200


def test_a_rule_may_require_the_tpl(wms: Wms) -> None:
    wms.rule(token_needs_tpl=True)
    assert wms.token().status_code == 401
    assert wms.token(tpl=DEFAULT_CREDENTIAL.tpl).status_code == 200


def test_a_token_expires_by_the_sandbox_clock(wms: Wms) -> None:
    wms.clock.advance(3599)
    assert wms.call("GET", "/orders").status_code == 200
    wms.clock.advance(1)
    assert wms.call("GET", "/orders").status_code == 401
    wms.log_in()
    assert wms.call("GET", "/orders").status_code == 200


def test_the_lifetime_of_a_token_is_a_rule(wms: Wms) -> None:
    wms.rule(token_seconds=60)
    assert wms.token().json()["expires_in"] == 60
    wms.log_in()
    wms.clock.advance(60)
    assert wms.call("GET", "/orders").status_code == 401


@pytest.mark.parametrize("header", [None, "Bearer unknown", "Basic abc"])
def test_a_request_without_a_valid_token_has_no_effect(wms: Wms, header: str | None) -> None:
    wms.http.headers["Authorization"] = header or ""
    assert wms.post("A1").status_code == 401
    assert wms.control("GET", "/references") == {}


def test_revoked_tokens_are_refused_at_once(wms: Wms) -> None:
    assert wms.control("DELETE", "/tokens") == {"revoked": 1}
    assert wms.call("GET", "/orders").status_code == 401


def test_a_missing_role_is_403_and_reads_still_work(wms: Wms) -> None:
    wms.log_in(READER_CREDENTIAL)
    response = wms.post("A1")
    assert response.status_code == 403
    assert "AuthorizationException" in response.json()["$type"]
    assert wms.call("GET", "/orders").status_code == 200
    assert wms.call("GET", "/inventory/stocksummaries").status_code == 403


def test_a_role_can_be_removed_during_a_run(wms: Wms) -> None:
    wms.control("POST", "/roles", {"client_id": DEFAULT_CREDENTIAL.client_id, "roles": ["OrderView"]})
    assert wms.post("A1").status_code == 403


def test_the_journal_keeps_no_secret_of_the_token_request(wms: Wms) -> None:
    wms.token()
    journal = str(wms.control("GET", "/journal"))
    assert DEFAULT_CREDENTIAL.client_secret not in journal
    assert DEFAULT_CREDENTIAL.user_login not in journal
