"""An API call: token, pace and scope are checked, the body is read, then the handler runs without awaiting.

Each effect is therefore atomic: nothing else runs on the event loop meanwhile.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cartage_sandbox.kernel.jsonwire import BrokenJson, json_response, payload
from cartage_sandbox.shipbob.data.model import Channel, JsonObject
from cartage_sandbox.shipbob.parts import ShipBobParts
from cartage_sandbox.shipbob.wire.errors import Refusal, bad_query

VERSION = "/2026-01"
_CHANNEL = "shipbob_channel_id"
_DEFAULT_SIZE = 50
_LARGEST_SIZE = 250


class Call:
    """A request that may proceed. `body` is the parsed JSON of a write."""

    def __init__(self, request: Request, body: Any, parts: ShipBobParts, headers: Mapping[str, str]) -> None:
        self.params = request.query_params
        self.path = request.path_params
        self.body = body
        self._request = request
        self._parts = parts
        self._headers = headers

    def response(self, data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        """Return `data` as JSON."""
        return json_response(data, status, {**self._headers, **(headers or {})})

    def channel(self, *, required: bool = False) -> Channel | None:
        """Return the channel that the request names. Raises Refusal if there is none such, or none is named."""
        text = self._request.headers.get(_CHANNEL, "")
        if not text and not required:
            return None
        if not text.isdecimal():
            raise bad_query(_CHANNEL, "The header is required.")
        channel = self._parts.state.channels.get(int(text))
        if channel is None:
            raise Refusal(403)
        return channel

    def number(self, name: str, default: int, *, least: int = 1, most: int = 2**31 - 1) -> int:
        """Return a query parameter that must be a whole number in a range. Raises Refusal (400)."""
        text = self.params.get(name)
        if text is None:
            return default
        if not text.isdecimal() or not least <= int(text) <= most:
            raise bad_query(name, f"The value must be between {least} and {most}.")
        return int(text)

    def instant(self, name: str) -> datetime | None:
        """Return a query parameter that must be a time. Raises Refusal (400)."""
        text = self.params.get(name)
        if text is None:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise bad_query(name, "The value is not a date-time.") from None
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def listed(self, name: str) -> list[str] | None:
        """Return a query parameter that is a list with commas; None if it is not given."""
        text = self.params.get(name)
        return None if text is None else [part.strip() for part in text.split(",")]

    def numbered_page(
        self, rows: Sequence[Any], show: Callable[[Any], JsonObject], *, first: int = 1, least: int = 1
    ) -> Response:
        """Return a page of rows by its number, with the header `next-page` if there is a next one."""
        rules = self._parts.state.rules
        size = self.number("Limit", _DEFAULT_SIZE, most=min(_LARGEST_SIZE, rules.integer("max_page_orders")))
        number = self.number("Page", first, least=least)
        start = max(0, number - first) * size
        page = [show(row) for row in rows[start : start + size]]
        headers = {}
        if start + size < len(rows) and rules.flag("next_page_header"):
            headers["next-page"] = self._link("Page", str(number + 1))
        return self.response(page, headers=headers)

    def linked_page(
        self, rows: Sequence[Any], show: Callable[[Any], JsonObject], size_name: str = "PageSize"
    ) -> Response:
        """Return a page of rows with the way to the next one in its body. A cursor says where a page begins."""
        size = self.number(size_name, _DEFAULT_SIZE, most=_LARGEST_SIZE)
        start = self._start()
        page = [show(row) for row in rows[start : start + size]]
        after = self._next(start + size) if start + size < len(rows) else None
        ends = {"first": None, "last": None} if size_name == "PageSize" else {}
        return self.response({"items": page, **ends, "next": after, "prev": None})

    def _start(self) -> int:
        text = self.params.get("cursor") or self.params.get("Cursor")
        if not text:
            return 0
        try:
            return int(json.loads(base64.urlsafe_b64decode(text))["Id"])
        except (ValueError, KeyError, TypeError):
            raise bad_query("cursor", "The value is not a cursor.") from None

    def _next(self, start: int) -> str:
        cursor = base64.urlsafe_b64encode(json.dumps({"Id": start}).encode()).decode()
        match self._parts.state.rules.text("next_link"):
            case "cursor":
                return cursor
            case "url":
                return f"https://api.shipbob.com{self._link('cursor', cursor)}"
            case _:
                return self._link("cursor", cursor)

    def _link(self, name: str, value: str) -> str:
        return f"{self._request.url.path}?{self._request.url.include_query_params(**{name: value}).query}"


Handler = Callable[[Call], Response]


def guarded(parts: ShipBobParts, path: str, method: str, scope: str, handler: Handler) -> Route:
    """Return a route of the API that runs `handler` for tokens with `scope`."""

    async def endpoint(request: Request) -> Response:
        return await _handled(parts, request, scope, handler)

    return Route(VERSION + path, endpoint, methods=[method])


async def _handled(parts: ShipBobParts, request: Request, scope: str, handler: Handler) -> Response:
    latency = parts.state.rules.number("latency_seconds")
    if latency > 0:
        await asyncio.sleep(latency)
    try:
        token, scopes = parts.tokens.scopes_of(request.headers.get("authorization", ""))
        headers = parts.throttle.admit(token)
        if scope not in scopes:
            raise Refusal(403)
        _check_query(parts, request)
        call = Call(request, await _body(request), parts, headers)
        with parts.state.lock:
            parts.floor.settle()
            return handler(call)
    except Refusal as refusal:
        return refusal.response()


def _check_query(parts: ShipBobParts, request: Request) -> None:
    """Refuse a query string that the web server in front of the API does not let through."""
    if len(request.url.query) > parts.state.rules.number("longest_query"):
        raise Refusal(404)
    if any(ord(sign) < 32 for value in request.query_params.values() for sign in value):
        raise Refusal(400)


async def _body(request: Request) -> Any:
    if request.method != "POST" or not await request.body():
        return None
    try:
        return await payload(request)
    except BrokenJson as error:
        raise Refusal(400, {"": [f"The request is invalid: {error}"]}) from error
