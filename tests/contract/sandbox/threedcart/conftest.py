"""One real server for the whole run; each test has its own store behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.server import SandboxServer
from cartage_sandbox.threedcart import create_store
from tests.contract.sandbox.threedcart.shop import Shop

# 09:00 on the store's clock (-5), a Monday far from any clock change.
NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


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
def open_shop(switch: tuple[_Switch, str]) -> Iterator[Callable[..., Shop]]:
    """Open a store with its own rules, on a frozen clock, without throttling unless a rule says otherwise."""
    opened: list[Shop] = []

    def make(**rules: Any) -> Shop:
        emulator = create_store(Clock(NOW, frozen=True), Random(7), {"throttle": False} | rules)
        switch[0].app = emulator.app
        opened.append(Shop(emulator, switch[1]))
        return opened[-1]

    yield make
    for each in opened:
        each.session.close()


@pytest.fixture
def shop(open_shop: Callable[..., Shop]) -> Shop:
    """A store with the default rules, except for the throttle."""
    return open_shop()
