"""An API call: token and role are checked, the body is read, then the handler runs without awaiting.

Each effect is therefore atomic: nothing else runs on the event loop meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from cartage_sandbox.extensiv.parts import WarehouseParts
from cartage_sandbox.extensiv.query.pages import Page
from cartage_sandbox.extensiv.wire.errors import Refusal, bad_query, role_missing
from cartage_sandbox.extensiv.wire.pascal import pascal
from cartage_sandbox.kernel.jsonwire import BrokenJson, json_response, payload
from cartage_sandbox.kernel.rules import Rules

_HAL = "application/hal+json"
_JSON = "application/json"


class Call:
    """A request that may proceed. `body` is the parsed JSON of a write."""

    def __init__(self, request: Request, body: Any) -> None:
        self.params = request.query_params
        self.path = request.path_params
        self.url_path = request.url.path
        self.headers = request.headers
        self.body = body
        self.hal = _HAL in request.headers.get("accept", "").lower()

    def response(self, data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        """Return `data`, given as hal+json, in the shape that the client accepts."""
        if self.hal:
            return json_response(data, status, headers, f"{_HAL}; charset=utf-8")
        return json_response(pascal(data), status, headers, f"{_JSON}; charset=utf-8")

    def number(self, name: str, default: int) -> int:
        """Return a query parameter that must be a whole number of at least 1. Raises Refusal (400)."""
        text = self.params.get(name)
        if text is None:
            return default
        if not text.isdecimal() or int(text) < 1:
            raise bad_query(name, f"Not a number from 1 on: {text}", "ValueNotSupported")
        return int(text)

    def page_size(self, default: int, largest: int, *, clamp: bool) -> int:
        """Return pgsiz. Raises Refusal (400) above the maximum, unless it is clamped."""
        size = self.number("pgsiz", default)
        if size > largest and not clamp:
            raise bad_query("pgsiz", f"The maximum page size is {largest}.", "ValueNotSupported")
        return min(size, largest)

    def page_links(self, page: Page[Any]) -> dict[str, Any]:
        """Return the links of a list: to itself, and to the next and previous page if they exist."""
        links = {"self": {"href": self._page_url(page.number)}}
        if page.number < page.last:
            links["next"] = {"href": self._page_url(page.number + 1)}
        if page.number > 1:
            links["prev"] = {"href": self._page_url(page.number - 1)}
        return links

    def _page_url(self, number: int) -> str:
        parameters = [(name, value) for name, value in self.params.multi_items() if name != "pgnum"]
        query = "&".join(f"{name}={value}" for name, value in [*parameters, ("pgnum", number)])
        return f"{self.url_path}?{query}"


Handler = Callable[[Call], Response]


def guarded(parts: WarehouseParts, role: str, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that runs `handler` for credentials with `role`."""

    async def endpoint(request: Request) -> Response:
        latency = parts.state.rules.number("latency_seconds")
        if latency > 0:
            await asyncio.sleep(latency)
        try:
            credential = parts.tokens.holder(request.headers.get("authorization", ""))
            if role not in credential.roles:
                raise role_missing(role)
            _check_query(parts.state.rules, request.url.query)
            call = Call(request, await _body(request))
            with parts.state.lock:
                parts.floor.settle()
                return handler(call)
        except Refusal as refusal:
            return refusal.response()

    return endpoint


def _check_query(rules: Rules, query: str) -> None:
    """Refuse a query string that the web server in front of the API does not let through."""
    if len(query) > rules.number("longest_query"):
        raise Refusal(int(rules.text("long_query_status")), {"Message": "The query string is too long."})
    # A value is encoded twice: as RQL and as a URL.
    odd = any(ord(sign) < 32 or ord(sign) == 127 for sign in unquote(unquote(query)))
    if odd and not rules.flag("rql_control_characters"):
        raise Refusal(400, {"Message": "A potentially dangerous value was detected in the query string."})


async def _body(request: Request) -> Any:
    if request.method not in ("POST", "PUT"):
        return None
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in (_HAL, _JSON):
        raise Refusal(415, {"Message": f"The media type {media!r} is not supported."})
    try:
        return await payload(request)
    except BrokenJson as error:
        raise Refusal(400, {"Message": f"The request is invalid: {error}"}) from error
