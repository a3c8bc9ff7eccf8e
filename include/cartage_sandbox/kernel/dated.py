"""Add the header Date to every response, from the sandbox's clock: a store with a wrong clock shows it there."""

from __future__ import annotations

from email.utils import format_datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cartage_sandbox.kernel.clock import Clock


class DatedResponses:
    """ASGI middleware. The server's own Date, the time of this machine, is switched off."""

    def __init__(self, app: ASGIApp, *, clock: Clock) -> None:
        self._app, self._clock = app, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start" and not _has_date(message):
                date = format_datetime(self._clock.now(), usegmt=True).encode()
                message = {**message, "headers": [*message.get("headers", ()), (b"date", date)]}
            await send(message)

        await self._app(scope, receive, dated)


def _has_date(message: Message) -> bool:
    return any(name.lower() == b"date" for name, _ in message.get("headers", ()))
