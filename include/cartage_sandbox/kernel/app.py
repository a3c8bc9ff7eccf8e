"""Build an emulator's app: its own routes, the control API, and the middleware around them. Holds no state."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount

from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.control import Control
from cartage_sandbox.kernel.dated import DatedResponses
from cartage_sandbox.kernel.faults import Faults
from cartage_sandbox.kernel.journal import Journal
from cartage_sandbox.kernel.middleware import CONTROL, SandboxMiddleware
from cartage_sandbox.kernel.rules import Rules


class Emulator(Protocol):
    """What the kernel needs from an emulated API."""

    @property
    def unrecorded(self) -> Collection[str]:
        """Return the lower-case paths whose request bodies hold credentials and stay out of the journal."""

    def routes(self) -> Sequence[BaseRoute]:
        """Return the emulated API's routes, with absolute paths."""

    def control_routes(self) -> Sequence[BaseRoute]:
        """Return the emulator's additions to the control API, with paths relative to /_sandbox."""


def build_app(emulator: Emulator, clock: Clock, journal: Journal, faults: Faults, rules: Rules) -> Starlette:
    """Return the ASGI app of an emulator."""
    control = Control(clock, journal, faults, rules)
    return Starlette(
        routes=[
            Mount(CONTROL, routes=[*control.routes(), *emulator.control_routes()]),
            *emulator.routes(),
        ],
        middleware=[
            Middleware(DatedResponses, clock=clock),
            Middleware(SandboxMiddleware, journal=journal, faults=faults, unrecorded=emulator.unrecorded),
        ],
    )
