"""An API call: token, role and pace are checked, the body is read, then the handler runs without awaiting.

Each effect is therefore atomic: nothing else runs on the event loop meanwhile.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from cartage_sandbox.kernel.buckets import LeakyBucket
from cartage_sandbox.kernel.jsonwire import BrokenJson, json_response, payload
from cartage_sandbox.mcf.data.state import SellerState
from cartage_sandbox.mcf.parts import SellerParts
from cartage_sandbox.mcf.wire.refusals import Refusal, denied, invalid, throttled

STOCK = "getInventorySummaries"


class Call:
    """A request that may proceed. `body` is the parsed JSON of a write."""

    def __init__(self, request: Request, body: Any) -> None:
        self.params = request.query_params
        self.path = request.path_params
        self.body = body

    def moment(self, name: str) -> datetime | None:
        """Return a query parameter that is a time; None if it is absent. Raises Refusal (400)."""
        text = self.params.get(name)
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise invalid(f"Value {text} for parameter {name} is invalid.") from error
        if moment.tzinfo is None:
            raise invalid(f"Value {text} for parameter {name} is invalid.")
        return moment


Handler = Callable[[Call], Any]


class Gate:
    """Admits calls: each operation has a bucket of its own for each application."""

    def __init__(self, parts: SellerParts) -> None:
        self._parts = parts
        self._buckets: dict[str, LeakyBucket] = {}

    def endpoint(
        self, operation: str, role: str, handler: Handler
    ) -> Callable[[Request], Awaitable[Response]]:
        """Return an endpoint that runs `handler` for applications with `role`."""

        async def respond(request: Request) -> Response:
            state = self._parts.state
            latency = state.rules.number("latency_seconds")
            if latency > 0:
                await asyncio.sleep(latency)
            headers = {"x-amzn-RequestId": f"sandbox-{state.next_number()}"}
            try:
                application = self._parts.login.holder(request.headers.get("x-amz-access-token", ""))
                if role not in application.roles:
                    raise denied()
                self._count(operation, application.client_id)
                if state.rules.flag("rate_header"):
                    headers["x-amzn-RateLimit-Limit"] = f"{state.rules.number('throttle_rate'):.1f}"
                call = Call(request, await _body(request))
                with state.lock:
                    self._parts.floor.settle()
                    return json_response(handler(call), 200, headers)
            except Refusal as refusal:
                return refusal.response(headers)

        return respond

    def _count(self, operation: str, client_id: str) -> None:
        rules = self._parts.state.rules
        if not rules.flag("throttle"):
            return
        burst = rules.number("throttle_burst_stock" if operation == STOCK else "throttle_burst")
        bucket = self._buckets.setdefault(f"{client_id} {operation}", LeakyBucket())
        now = self._parts.state.now().timestamp()
        if bucket.wait_for_room(now, burst, rules.number("throttle_rate")) > 0:
            raise throttled()


class PageTokens:
    """Tokens for the next page of a list: what was read, and until when they are accepted."""

    def __init__(self, state: SellerState, life: str) -> None:
        """`life`: the rule with the seconds that a token lives."""
        self._state, self._life = state, life

    def issue(self, last: Any, **query: Any) -> str:
        """Return a token that continues a query after `last`."""
        content = {"last": last, "at": self._state.now().timestamp(), "query": query}
        return base64.urlsafe_b64encode(orjson.dumps(content)).decode()

    def read(self, token: str) -> tuple[Any, dict[str, Any]]:
        """Return what was read last, and the query. Raises Refusal (400) for a token that is dead or none."""
        try:
            content = orjson.loads(base64.urlsafe_b64decode(token))
            age = self._state.now().timestamp() - content["at"]
            last, query = content["last"], content["query"]
        except (ValueError, KeyError, TypeError, binascii.Error) as error:
            raise invalid("The nextToken is invalid.") from error
        if age > self._state.rules.number(self._life):
            raise invalid("The nextToken has expired.")
        return last, query


async def _body(request: Request) -> Any:
    if request.method == "GET" or not await request.body():
        return None
    try:
        return await payload(request)
    except BrokenJson as error:
        raise invalid("Request has missing or invalid parameters and cannot be parsed.") from error
