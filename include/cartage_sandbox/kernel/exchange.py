"""A request under faults: when the emulator handles it, and what the client sees of the response.

It neither chooses the faults nor writes the journal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cartage_sandbox.kernel.cut import cut_connection
from cartage_sandbox.kernel.faults import Fault
from cartage_sandbox.kernel.responses import Response, captured, garbage, replayed, substitute

# An RST drops what the receiver has not read yet, so allow these seconds for reading the half response before it.
_ARRIVAL = 0.05


class ClientGone(Exception):
    """The client disconnected before its whole request had arrived."""


class Exchange:
    """A request, and what its client gets to see.

    `note` is called once, before the client can know the outcome, so that a client that saw a response finds it in
    the journal.
    """

    def __init__(
        self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, note: Callable[[Exchange], None]
    ) -> None:
        self.scope = scope
        self.body = b""
        self.status: int | None = None
        self._app, self._receive, self._send, self._note = app, receive, send, note
        self._noted = False

    async def serve(self, faults: Sequence[Fault]) -> None:
        """Send the response, or fail as the faults demand."""
        try:
            self.body = await _read(self._receive)
            await self._serve(faults)
        except ClientGone:
            pass  # no client and no effect: a server never runs half a request
        finally:
            self._note_once()

    async def _serve(self, faults: Sequence[Fault]) -> None:
        if not faults:
            await self._app(self.scope, replayed(self.body, self._receive), self._send_on)
            return
        if await self._ended_by([fault for fault in faults if fault.moment == "before"]):
            return
        if any(fault.kind == "duplicate" for fault in faults):
            await captured(self._app, self.scope, self.body)
        response = await captured(self._app, self.scope, self.body)
        if await self._ended_by([fault for fault in faults if fault.moment == "after"], response):
            return
        await self._deliver(response, [fault for fault in faults if fault.moment == "within"])

    async def _ended_by(self, faults: Sequence[Fault], response: Response | None = None) -> bool:
        for fault in faults:
            match fault.kind:
                case "delay":
                    await asyncio.sleep(fault.seconds or 0)
                case "reset" | "close":
                    await self._cut(abrupt=fault.kind == "reset")
                    return True
                case "truncate":
                    await self._cut_within(response or Response(200), abrupt=False)
                    return True
                case "status":
                    await substitute(fault).send_by(self._send_on)
                    return True
                case "garbage":
                    await garbage(fault).send_by(self._send_on)
                    return True
        return False

    async def _deliver(self, response: Response, faults: Sequence[Fault]) -> None:
        pause = sum(fault.seconds or 0 for fault in faults if fault.kind == "delay")
        cut = next((fault for fault in faults if fault.kind in ("reset", "close", "truncate")), None)
        if cut:
            await asyncio.sleep(pause)
            await self._cut_within(response, abrupt=cut.kind == "reset")
            return
        await response.send_half_by(self._send_on)
        await asyncio.sleep(pause)
        await response.send_rest_by(self._send_on)

    async def _cut_within(self, response: Response, *, abrupt: bool) -> None:
        await response.send_half_by(self._send_on)
        await asyncio.sleep(_ARRIVAL if abrupt else 0)
        await self._cut(abrupt=abrupt)

    async def _cut(self, *, abrupt: bool) -> None:
        self._note_once()
        await cut_connection(self.scope, self._receive, abrupt=abrupt)

    async def _send_on(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif not message.get("more_body"):
            self._note_once()
        await self._send(message)

    def _note_once(self) -> None:
        if not self._noted:
            self._noted = True
            self._note(self)


async def _read(receive: Receive) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)
