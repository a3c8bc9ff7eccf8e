"""The Test button of a connection without a port: Airflow's UI sends port 0 (apache/airflow#73298)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from cartage_airflow.hooks.portless import PortlessTest, without_port_zero

TEST = "/api/v2/connections/test"


@pytest.fixture
def client() -> TestClient:
    """Return a client of an application that responds with the body that it got."""

    async def echo(request: Request) -> JSONResponse:
        body = await request.body()
        return JSONResponse({"body": body.decode(), "length": request.headers.get("content-length")})

    routes = [Route(path, echo, methods=["POST", "PUT"]) for path in (TEST, "/sub" + TEST, "/other")]
    return TestClient(PortlessTest(Starlette(routes=routes)))


def body(**changes: Any) -> dict[str, Any]:
    return {"connection_id": "x", "conn_type": "extensiv", "host": "h", "port": 0, "extra": "{}", **changes}


@pytest.mark.parametrize("path", [TEST, "/sub" + TEST])
@pytest.mark.parametrize("conn_type", ["threedcart", "extensiv"])
def test_port_0_of_our_connections_reaches_airflow_as_no_port(
    client: TestClient, path: str, conn_type: str
) -> None:
    found = client.post(path, json=body(conn_type=conn_type)).json()
    assert json.loads(found["body"]) == body(conn_type=conn_type, port=None)
    assert int(found["length"]) == len(found["body"])


@pytest.mark.parametrize("fields", [body(port=443), body(port=None), body(conn_type="http"), [], "text"])
def test_every_other_test_reaches_airflow_as_it_is(client: TestClient, fields: Any) -> None:
    assert json.loads(client.post(TEST, json=fields).json()["body"]) == fields


def test_other_requests_reach_airflow_as_they_are(client: TestClient) -> None:
    assert json.loads(client.post("/other", json=body()).json()["body"]) == body()
    assert json.loads(client.put(TEST, json=body()).json()["body"]) == body()


def test_a_body_that_is_not_json_is_left_to_airflow() -> None:
    assert without_port_zero(b"{") == b"{"
