"""A buffered HTTP response that can be replaced, cut in half or lost before the client sees it.

It knows ASGI messages only, not the timing of faults or connections.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cartage_sandbox.kernel.faults import Fault

HTML = "<!DOCTYPE html><html><head><title>Service</title></head><body><h1>Please wait</h1></body></html>"


@dataclass
class Response:
    """A complete HTTP response."""

    status: int
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def send_by(self, send: Send) -> None:
        """Send the whole response."""
        await self._start(send)
        await send({"type": "http.response.body", "body": self.body})

    async def send_half_by(self, send: Send) -> None:
        """Send the head, with the full Content-Length, and the first half of the body."""
        await self._start(send)
        half = self.body[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})

    async def send_rest_by(self, send: Send) -> None:
        """Send the second half of the body."""
        await send({"type": "http.response.body", "body": self.body[len(self.body) // 2 :]})

    async def _start(self, send: Send) -> None:
        headers = [pair for pair in self.headers if pair[0].lower() != b"content-length"]
        if self.status not in (204, 304):
            headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})


async def captured(app: ASGIApp, scope: Scope, body: bytes) -> Response:
    """Run `app` for the request and return its response instead of sending it."""
    response = Response(500)

    async def take(message: Message) -> None:
        if message["type"] == "http.response.start":
            response.status, response.headers = message["status"], list(message["headers"])
        else:
            response.body += message.get("body", b"")

    # A copy: routing writes into the scope, and a duplicate must be routed again.
    await app({**scope}, replayed(body, _gone), take)
    return response


def replayed(body: bytes, then: Receive) -> Receive:
    """Return a `receive` that yields the body once, and then what `then` returns."""
    pending = [body]

    async def receive() -> Message:
        if pending:
            return {"type": "http.request", "body": pending.pop(), "more_body": False}
        return await then()

    return receive


def substitute(fault: Fault) -> Response:
    """Return the response that a status fault describes."""
    return _described(fault, fault.status or 500, {}, "")


def garbage(fault: Fault) -> Response:
    """Return a response with status 200 and an invalid body: HTML, or the body of the fault."""
    defaults = {} if fault.body is not None else {"content-type": "text/html; charset=utf-8"}
    return _described(fault, fault.status or 200, defaults, HTML)


async def _gone() -> Message:
    return {"type": "http.disconnect"}


def _described(fault: Fault, status: int, defaults: Mapping[str, str], body: str) -> Response:
    headers = {"content-type": "application/json", **defaults}
    headers |= {name.lower(): value for name, value in fault.headers.items()}
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return Response(status, pairs, (body if fault.body is None else fault.body).encode())
