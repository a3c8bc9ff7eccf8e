"""One real server for the whole run. Each test has its own store behind it, with a client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from cartage.http import HttpSession, Timeouts
from cartage.storefront import StoreClient, StoreCredentials
from cartage.storefront.session import StoreSession, headers_for
from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.server import SandboxServer
from cartage_sandbox.threedcart import PRIVATE_KEY, SECURE_URL, TOKEN, create_store
from tests.contract.storefront.world import NOW, ZONE, CountingBudget, World


class _Switch:
    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@pytest.fixture(scope="session")
def switch() -> Iterator[tuple[_Switch, str]]:
    switched = _Switch()
    with SandboxServer(switched) as server:
        yield switched, server.url


@pytest.fixture
def open_world(switch: tuple[_Switch, str]) -> Iterator[Callable[..., World]]:
    """Open a store with its own rules, and a client whose waits are recorded, not slept."""
    worlds: list[World] = []

    def make(*, token: str = TOKEN, version: str = "v2", read_timeout: float = 5.0, **rules: Any) -> World:
        clock = Clock(NOW, frozen=True)
        emulator = create_store(clock, Random(7), {"throttle": False} | rules)
        switch[0].app = emulator.app
        credentials = StoreCredentials(
            connection_id="demo_store",
            base_url=switch[1],
            secure_url=SECURE_URL,
            private_key=SecretStr(PRIVATE_KEY),
            token=SecretStr(token),
            api_version="v1" if version == "v1" else "v2",
        )
        waits: list[float] = []
        http = HttpSession(
            credentials.base_url,
            remote="3dcart store demo",
            headers=headers_for(credentials),
            timeouts=Timeouts(connect=2.0, read=read_timeout),
            sleep=waits.append,
        )
        budget = CountingBudget(clock)
        client = StoreClient(StoreSession(http, credentials, budget), ZONE)
        worlds.append(World(emulator, client, credentials, budget, waits))
        return worlds[-1]

    yield make
    for world in worlds:
        world.client.close()


@pytest.fixture
def world(open_world: Callable[..., World]) -> World:
    """A store with its default rules, without throttling."""
    return open_world()
