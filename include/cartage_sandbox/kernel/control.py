"""The control API that every emulator has under /_sandbox: health, journal, rules, faults, clock.

It is for tests and demos only: no authentication, and no entry in the journal.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.faults import Fault, Faults
from cartage_sandbox.kernel.journal import Journal
from cartage_sandbox.kernel.jsonwire import json_response, payload
from cartage_sandbox.kernel.rules import Rules

Handler = Callable[[Request], Awaitable[Response]]


def control_route(path: str, **handlers: Handler) -> Route:
    """Return a route under /_sandbox with a handler per method, such as `GET=list_items`.

    A ValueError, KeyError or TypeError that a handler raises about its input becomes a 400.
    """

    async def endpoint(request: Request) -> Response:
        try:
            return await handlers[request.method](request)
        except (ValueError, KeyError, TypeError) as error:
            return json_response({"error": f"{type(error).__name__}: {error}"}, 400)

    return Route(path, endpoint, methods=list(handlers))


class Control:
    """The handlers that every emulator has."""

    def __init__(self, clock: Clock, journal: Journal, faults: Faults, rules: Rules) -> None:
        self._clock, self._journal, self._faults, self._rules = clock, journal, faults, rules

    def routes(self) -> list[BaseRoute]:
        """Return the routes, relative to /_sandbox."""
        return [
            control_route("/health", GET=self.health),
            control_route("/journal", GET=self.read_journal, DELETE=self.clear_journal),
            control_route("/rules", GET=self.list_rules, PATCH=self.change_rules),
            control_route("/faults", GET=self.list_faults, POST=self.add_faults, DELETE=self.clear_faults),
            control_route("/clock", GET=self.read_clock, POST=self.move_clock),
        ]

    async def health(self, request: Request) -> Response:
        """Report that the emulator is up, and which API it is."""
        return json_response({"status": "ok", "api": self._journal.api, "now": self._clock.now().isoformat()})

    async def read_journal(self, request: Request) -> Response:
        """Return the entries after `since`, of one `kind`, at most `limit`, and the number of the newest entry."""
        query = request.query_params
        limit = int(query["limit"]) if "limit" in query else None
        entries = self._journal.entries(query.get("kind"), int(query.get("since", "0")), limit)
        return json_response({"entries": entries, "last": self._journal.last_seq})

    async def clear_journal(self, request: Request) -> Response:
        """Clear the journal."""
        self._journal.clear()
        return json_response({"last": self._journal.last_seq})

    async def list_rules(self, request: Request) -> Response:
        """Return every rule with its evidence, source, default and current value."""
        return json_response({"rules": self._rules.listing()})

    async def change_rules(self, request: Request) -> Response:
        """Change rules: {"name": value, ...}."""
        self._rules.update(await payload(request))
        return await self.list_rules(request)

    async def list_faults(self, request: Request) -> Response:
        """Return the armed faults, and how often each was matched and struck."""
        return json_response({"faults": self._faults.listing()})

    async def add_faults(self, request: Request) -> Response:
        """Arm a fault or a list of faults: all or none."""
        query = await payload(request)
        faults = [Fault.parse(each) for each in (query if isinstance(query, list) else [query])]
        return json_response({"ids": [self._faults.add(fault) for fault in faults]}, 201)

    async def clear_faults(self, request: Request) -> Response:
        """Disarm all faults, or the fault with ?id=."""
        if "id" in request.query_params:
            self._faults.remove(int(request.query_params["id"]))
        else:
            self._faults.clear()
        return await self.list_faults(request)

    async def read_clock(self, request: Request) -> Response:
        """Return the sandbox's current time."""
        return json_response({"now": self._clock.now().isoformat()})

    async def move_clock(self, request: Request) -> Response:
        """Advance the clock: {"advance": seconds}."""
        now = self._clock.advance(float((await payload(request))["advance"]))
        return json_response({"now": now.isoformat()})
