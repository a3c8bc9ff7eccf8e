"""The client: what it tells Amazon of itself, when a write may leave, and whose token it sends."""

from __future__ import annotations

import pytest
import responses

from cartage.connections import Connection
from cartage.errors import AuthFailed, MalformedResponse, NotSent
from cartage.warehouses.mcf.client import Operation, SellingPartnerClient
from cartage.warehouses.mcf.credentials import McfCredentials

API = "https://amazon.example"
CREATE = Operation("createFulfillmentOrder", "POST", "/orders")
LIST = Operation("listAllFulfillmentOrders", "GET", "/orders")


@pytest.fixture
def client() -> SellingPartnerClient:
    login = {"refresh_token": "a-refresh-token", "login_address": API}
    connection = Connection("amazon", host=API, login="client", password="a-secret", extra=login)
    return SellingPartnerClient(McfCredentials.from_connection(connection), clock=lambda: 1000.0)


def sign_in(token: str = "token-1", **changes: object) -> None:
    body = {"access_token": token, "token_type": "bearer", "expires_in": 3600, **changes}
    responses.post(f"{API}/auth/o2/token", json=body)


@responses.activate
def test_every_call_names_the_application_and_has_the_token(client: SellingPartnerClient) -> None:
    sign_in()
    responses.get(f"{API}/orders", json={"payload": {"a": 1}})
    assert client.read(LIST).payload == {"a": 1}
    headers = responses.calls[1].request.headers
    assert headers["User-Agent"].startswith("Cartage/")
    assert headers["x-amz-access-token"] == "token-1"
    assert "Authorization" not in headers


@responses.activate
def test_a_write_that_would_leave_too_late_does_not_leave(client: SellingPartnerClient) -> None:
    sign_in()
    with pytest.raises(NotSent, match="took too long"):
        client.write(CREATE, "/orders", {}, started=1000.0 - client.longest_write)
    assert len(responses.calls) == 1


@responses.activate
def test_a_token_that_is_refused_twice_is_an_error_about_the_credentials(
    client: SellingPartnerClient,
) -> None:
    sign_in()
    refusal = {
        "errors": [{"code": "Unauthorized", "message": "denied", "details": "The access token expired."}]
    }
    responses.get(f"{API}/orders", json=refusal, status=403)
    with pytest.raises(AuthFailed) as caught:
        client.read(LIST)
    assert "Refresh token" in str(caught.value)
    assert "a-secret" not in str(caught.value)
    assert len(responses.calls) == 4


@pytest.mark.parametrize("life", [None, "soon", -5, True, 0, 1e9])
@responses.activate
def test_an_odd_life_of_a_token_is_as_good_as_none(client: SellingPartnerClient, life: object) -> None:
    sign_in(expires_in=life)
    responses.get(f"{API}/orders", json={})
    assert client.read(LIST).payload == {}


@pytest.mark.parametrize("body", ["", "[]", "<html>", '"text"'])
@responses.activate
def test_a_success_that_is_no_object_is_malformed(client: SellingPartnerClient, body: str) -> None:
    sign_in()
    responses.get(f"{API}/orders", body=body)
    with pytest.raises(MalformedResponse):
        client.read(LIST)
