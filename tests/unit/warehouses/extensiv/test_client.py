"""The client: which failures of Extensiv become which errors. A stub takes the place of HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import responses
from responses import matchers

from cartage.connections import Connection
from cartage.errors import (
    AuthFailed,
    MalformedResponse,
    NotSent,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    Refused,
    StaleVersion,
)
from cartage.http import Timeouts
from cartage.warehouses.extensiv import wire
from cartage.warehouses.extensiv.client import ExtensivClient
from cartage.warehouses.extensiv.settings import ExtensivCredentials

HOST = "https://wms.example"
TOKEN = f"{HOST}/AuthServer/api/Token"
ORDERS = f"{HOST}/orders"


@pytest.fixture
def wire_() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def client() -> ExtensivClient:
    return ExtensivClient(credentials())


def credentials() -> ExtensivCredentials:
    extra = {"user_login": "cartage", "tpl_secret": "{GUID}"}
    return ExtensivCredentials.from_connection(Connection("wms", HOST, "client", "secret", extra=extra))


def sign_in(mock: responses.RequestsMock, token: str = "t1") -> None:
    mock.post(TOKEN, json={"access_token": token, "token_type": "Bearer", "expires_in": 3600})


def bearer(token: str) -> object:
    return matchers.header_matcher({"Authorization": f"Bearer {token}"})


def test_signing_in_is_as_documented(wire_: responses.RequestsMock, client: ExtensivClient) -> None:
    sign_in(wire_)
    wire_.post(ORDERS, status=201, json={})
    client.write("POST", "/orders", {"a": 1})
    asked = wire_.calls[0].request
    assert asked.headers["Authorization"] == "Basic Y2xpZW50OnNlY3JldA=="
    assert json.loads(asked.body or b"") == {
        "grant_type": "client_credentials",
        "user_login": "cartage",
        "tpl": "{GUID}",
    }
    sent = wire_.calls[1].request
    assert sent.headers["Accept"] == sent.headers["Content-Type"] == "application/hal+json"


def test_a_write_refused_with_401_is_sent_once_more_with_a_new_token(
    wire_: responses.RequestsMock, client: ExtensivClient
) -> None:
    sign_in(wire_)
    wire_.post(ORDERS, status=401, match=[bearer("t1")])
    sign_in(wire_, "t2")
    wire_.post(ORDERS, status=201, json={}, match=[bearer("t2")])
    assert client.write("POST", "/orders", {}).status == 201
    assert len(wire_.calls) == 4


def test_a_second_401_names_the_fields_and_the_connection(
    wire_: responses.RequestsMock, client: ExtensivClient
) -> None:
    sign_in(wire_)
    wire_.post(ORDERS, status=401)
    with pytest.raises(AuthFailed) as caught:
        client.write("POST", "/orders", {})
    assert "Client ID, Client secret" in str(caught.value)
    assert "'wms'" in str(caught.value)
    assert len([call for call in wire_.calls if call.request.url == ORDERS]) == 2


def test_an_unregistered_client_is_reported_with_the_remotes_message(
    wire_: responses.RequestsMock, client: ExtensivClient
) -> None:
    wire_.post(TOKEN, status=401, json={"Message": "invalid_client: client not registered"})
    with pytest.raises(AuthFailed, match="client not registered"):
        client.write("POST", "/orders", {})


def test_a_write_is_not_sent_if_signing_in_took_longer_than_a_request_may(
    wire_: responses.RequestsMock,
) -> None:
    seconds = iter([0.0, 0.0, Timeouts().longest + 1])
    client = ExtensivClient(credentials(), clock=lambda: next(seconds))
    sign_in(wire_)
    with pytest.raises(NotSent):
        client.write("POST", "/orders", {})
    assert client.longest_write == 2 * Timeouts().longest


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_a_failed_write_may_have_had_its_effect(
    wire_: responses.RequestsMock, client: ExtensivClient, status: int
) -> None:
    sign_in(wire_)
    wire_.post(ORDERS, status=status, body="Internal Server Error")
    with pytest.raises(OutcomeUnknown):
        client.write("POST", "/orders", {})
    assert len(wire_.calls) == 2


def test_a_429_had_no_effect_and_says_when_to_try_again(
    wire_: responses.RequestsMock, client: ExtensivClient
) -> None:
    sign_in(wire_)
    wire_.post(ORDERS, status=429, headers={"Retry-After": "7"})
    with pytest.raises(RateLimited) as caught:
        client.write("POST", "/orders", {})
    assert caught.value.retry_after == 7


def test_a_stale_etag_is_recognised(wire_: responses.RequestsMock, client: ExtensivClient) -> None:
    sign_in(wire_)
    wire_.post(ORDERS, status=412)
    with pytest.raises(StaleVersion):
        client.write("POST", "/orders", {})


def test_a_missing_role_is_named(wire_: responses.RequestsMock, client: ExtensivClient) -> None:
    sign_in(wire_)
    wire_.get(
        ORDERS, status=403, json={"$type": "a.AuthorizationException, a", "Hint": "Role required: OrderView"}
    )
    with pytest.raises(PermissionDenied, match="Role required: OrderView"):
        client.read_row("/orders", wire.Order)


def test_a_query_that_the_api_does_not_know_fails_with_its_hint(
    wire_: responses.RequestsMock, client: ExtensivClient
) -> None:
    sign_in(wire_)
    fault = {"$type": "a.QueryParameterException, a", "Parameters": ["rql"], "ErrorCode": "NotParsable"}
    wire_.get(ORDERS, status=400, json={**fault, "Hint": "Properties not supported: gorp"})
    with pytest.raises(Refused, match="Properties not supported: gorp"):
        client.read_row("/orders", wire.Order)


@pytest.mark.parametrize(
    "body",
    [
        "<html>login</html>",
        "[]",
        '{"TotalResults": 1, "ResourceList": []}',
        '{"totalResults": 3}',
        '{"Message": "down for maintenance"}',
        '{"_embedded": {"http://x/order": {"readOnly": {"orderId": 1}}}}',
        "null",
        "7",
    ],
)
def test_a_response_of_an_unknown_shape_is_never_read_as_empty(
    wire_: responses.RequestsMock, client: ExtensivClient, body: str
) -> None:
    sign_in(wire_)
    wire_.get(ORDERS, body=body)
    with pytest.raises(MalformedResponse):
        client.page("/orders", wire.Order, number=1, size=10, params={})


def test_an_odd_row_costs_no_other_and_is_named_without_its_content(
    wire_: responses.RequestsMock, client: ExtensivClient
) -> None:
    sign_in(wire_)
    odd = {"readOnly": {"orderId": 1, "packages": [None]}, "shipTo": {"name": {"first": "Zoë"}}}
    rows = [odd, {"readOnly": {"orderId": 2}}, None, 7]
    wire_.get(ORDERS, json={"totalResults": 4, "_embedded": {"http://x/order": rows}})
    page = client.page("/orders", wire.Order, number=1, size=10, params={})
    assert [(row.value.read_only.order_id, row.faults) for row in page.rows] == [
        ("1", ("readOnly.packages[]", "shipTo.name")),
        ("2", ()),
        ("", ("row",)),
        ("", ("row",)),
    ]


@pytest.mark.parametrize(
    "total", ["", '"totalResults": null,', '"totalResults": "many",', '"totalResults": "2",']
)
def test_a_list_needs_no_total(wire_: responses.RequestsMock, client: ExtensivClient, total: str) -> None:
    sign_in(wire_)
    rows = '[{"name": "UPS"}, {"name": "USPS"}]'
    wire_.get(ORDERS, body=f'{{{total} "_embedded": {{"http://x/carrier": {rows}}}}}')
    pages = list(client.pages("/orders", wire.CarrierEntry, size=2, params={}))
    assert [row.value.name for page in pages for row in page.rows] == ["UPS", "USPS"]


def test_a_plain_list_is_a_list(wire_: responses.RequestsMock, client: ExtensivClient) -> None:
    sign_in(wire_)
    wire_.get(ORDERS, json=[{"name": "UPS"}])
    page = client.page("/orders", wire.CarrierEntry, number=1, size=2, params={})
    assert [row.value.name for row in page.rows] == ["UPS"]


@pytest.mark.parametrize("life", ['"soon"', "-5", "null", "[]", '"3600"', "1e400"])
def test_an_odd_life_of_a_token_does_not_keep_anyone_from_signing_in(
    wire_: responses.RequestsMock, client: ExtensivClient, life: str
) -> None:
    wire_.post(TOKEN, body=f'{{"access_token": "t1", "expires_in": {life}}}')
    wire_.post(ORDERS, status=201, json={}, match=[bearer("t1")])
    assert client.write("POST", "/orders", {}).status == 201


def test_pages_end_when_all_rows_were_read_even_if_the_server_sends_smaller_pages(
    wire_: responses.RequestsMock, client: ExtensivClient
) -> None:
    sign_in(wire_)
    for number in (1, 2, 3):
        rows = [{"name": f"carrier {number}"}]
        asked = matchers.query_param_matcher({"pgnum": str(number), "pgsiz": "2"})
        wire_.get(ORDERS, json={"totalResults": 3, "_embedded": {"http://x/carrier": rows}}, match=[asked])
    pages = list(client.pages("/orders", wire.CarrierEntry, size=2, params={}))
    assert [row.value.name for page in pages for row in page.rows] == ["carrier 1", "carrier 2", "carrier 3"]
