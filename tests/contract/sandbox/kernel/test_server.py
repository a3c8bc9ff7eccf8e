"""The sandbox server: a free port, and nothing left behind."""

from __future__ import annotations

import socket
import threading

import pytest
import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cartage_sandbox.kernel import SandboxServer


async def hello(request: Request) -> Response:
    return PlainTextResponse("hello")


APP = Starlette(routes=[Route("/", hello)])


def port_of(server: SandboxServer) -> int:
    return int(server.url.rsplit(":", 1)[1])


def test_a_stopped_server_leaves_no_thread_and_no_port() -> None:
    before = threading.active_count()
    with SandboxServer(APP) as server:
        assert requests.get(server.url, timeout=5).text == "hello"
        port = port_of(server)
    assert threading.active_count() == before
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    with SandboxServer(APP, port=port) as again:
        assert port_of(again) == port


def test_two_servers_run_side_by_side() -> None:
    with SandboxServer(APP) as first, SandboxServer(APP) as second:
        assert first.url != second.url
        assert requests.get(first.url, timeout=5).text == requests.get(second.url, timeout=5).text


def test_the_server_stops_although_a_client_keeps_its_connection() -> None:
    with requests.Session() as http, SandboxServer(APP) as server:
        http.get(server.url, timeout=5)
        thread = next(each for each in threading.enumerate() if server.url in each.name)
    assert not thread.is_alive()


def test_a_taken_port_is_refused_at_start() -> None:
    with SandboxServer(APP) as server, pytest.raises(OSError, match="in use"):
        SandboxServer(APP, port=port_of(server)).start()


def test_stopping_twice_does_nothing() -> None:
    server = SandboxServer(APP).start()
    server.stop()
    server.stop()
