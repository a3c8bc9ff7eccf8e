"""The ASGI middleware before an emulator: it applies faults, and records each request in the journal.

It leaves the control API alone, and decides nothing about the emulated API.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import Any

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from cartage_sandbox.kernel.exchange import Exchange
from cartage_sandbox.kernel.faults import Fault, Faults
from cartage_sandbox.kernel.journal import Journal

CONTROL = "/_sandbox"
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class SandboxMiddleware:
    """Wraps an emulator's app."""

    def __init__(
        self, app: ASGIApp, *, journal: Journal, faults: Faults, unrecorded: Collection[str] = ()
    ) -> None:
        """`unrecorded`: lower-case paths whose request bodies hold credentials and stay out of the journal."""
        self._app = app
        self._journal = journal
        self._faults = faults
        self._unrecorded = frozenset(unrecorded)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self._app(scope, receive, send)
            return
        query = scope["query_string"].decode("latin-1")
        faults = self._faults.strike(scope["method"], scope["path"], query)
        started = time.perf_counter()

        def note(exchange: Exchange) -> None:
            self._note(exchange, query, faults, (time.perf_counter() - started) * 1000)

        await Exchange(self._app, scope, receive, send, note).serve(faults)

    def _note(self, exchange: Exchange, query: str, faults: Sequence[Fault], duration_ms: float) -> None:
        method, path = exchange.scope["method"], exchange.scope["path"]
        recorded = method in _WRITES and path.lower() not in self._unrecorded
        self._journal.record_request(
            method,
            f"{path}?{query}" if query else path,
            exchange.status,
            round(duration_ms, 3),
            _parsed(exchange.body) if recorded else None,
            ",".join(fault.name for fault in faults) or None,
        )


def _parsed(body: bytes) -> Any:
    if not body:
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return {"unparsed_bytes": len(body)}
