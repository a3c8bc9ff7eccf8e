"""An emulator of a minimal API, served over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from cartage_sandbox.kernel import (
    Clock,
    Fault,
    Faults,
    Journal,
    Rule,
    Rules,
    SandboxServer,
    build_app,
    control_route,
    json_response,
    payload,
)


class Counter:
    """POST /count counts, and returns a body long enough to be cut."""

    unrecorded = ("/secret",)

    def __init__(self) -> None:
        self.journal = Journal(Clock(), "counter")
        self.faults = Faults()
        self.count = 0
        rules = Rules([Rule("step", 1, "assumed", "nowhere")])
        self.app: ASGIApp = build_app(self, Clock(), self.journal, self.faults, rules)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/count", self.add, methods=["POST"]),
            Route("/count", self.read, methods=["GET"]),
            Route("/secret", self.read, methods=["POST"]),
        ]

    def control_routes(self) -> list[BaseRoute]:
        return [control_route("/reset", POST=self.reset)]

    async def add(self, request: Request) -> Response:
        await payload(request)
        self.count += 1
        self.journal.record_effect("count.added", str(self.count))
        return json_response({"count": self.count, "padding": "x" * 2000}, 201)

    async def read(self, request: Request) -> Response:
        return json_response({"count": self.count})

    async def reset(self, request: Request) -> Response:
        self.count = int((await payload(request))["to"])
        return json_response({})


@dataclass
class Served:
    """The emulator, where it is served, and a client."""

    emulator: Counter
    url: str
    http: requests.Session

    def fault(self, fault: Fault) -> None:
        self.emulator.faults.add(fault)

    def post(self, timeout: float = 5) -> requests.Response:
        return self.http.post(f"{self.url}/count", json={"add": 1}, timeout=timeout)

    def requests_seen(self) -> list[tuple[int | None, str | None]]:
        return [(entry["status"], entry["fault"]) for entry in self.emulator.journal.entries("request")]


class Stand:
    """An ASGI app that serves the current emulator: one server for all tests of this folder."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@pytest.fixture(scope="package")
def stand() -> Iterator[tuple[Stand, str]]:
    stand = Stand()
    with SandboxServer(stand) as server:
        yield stand, server.url


@pytest.fixture
def served(stand: tuple[Stand, str]) -> Iterator[Served]:
    emulator = Counter()
    stand[0].app = emulator.app
    with requests.Session() as http:
        yield Served(emulator, stand[1], http)
