"""The entry point: from an HTTP request to a call, through authorisation and throttling, and back to HTTP.

Everything that touches the state runs between two awaits, under the state's lock: requests are atomic.
"""

from __future__ import annotations

import asyncio
import gzip
import math

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cartage_sandbox.threedcart.api.results import Results
from cartage_sandbox.threedcart.api.routing import Match, Missing, Routing
from cartage_sandbox.threedcart.api.throttle import Throttle
from cartage_sandbox.threedcart.control.interventions import Interventions
from cartage_sandbox.threedcart.data.credentials import Credentials
from cartage_sandbox.threedcart.data.state import StoreState
from cartage_sandbox.threedcart.wire.messages import HTML_MEDIA, ApiError, Call, Reply
from cartage_sandbox.threedcart.wire.xml import to_xml

_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
_WRITES = frozenset(("POST", "PUT", "DELETE", "PATCH"))
_JSON_TYPES = frozenset(("application/json", "text/json"))
_XML_TYPES = ("application/xml", "text/xml")
_XML_MEDIA = "application/xml; charset=utf-8"
_TOO_MANY = "<html><head><title>429</title></head><body><h1>Too Many Requests</h1></body></html>"
# Section 1: the headers of recorded responses, including the empty Server.
_HEADERS = {
    "cache-control": "no-cache",
    "pragma": "no-cache",
    "expires": "-1",
    "server": "",
    "x-aspnet-version": "4.0.30319",
    "access-control-allow-origin": "*",
}


class Front:
    """Serves every request outside the control API."""

    def __init__(
        self,
        state: StoreState,
        credentials: Credentials,
        routing: Routing,
        results: Results,
        interventions: Interventions,
    ) -> None:
        self._state, self._credentials, self._routing = state, credentials, routing
        self._results, self._interventions, self._rules = results, interventions, state.rules
        self._throttle = Throttle(state.clock, state.rules)

    def routes(self) -> list[BaseRoute]:
        """Return a route that catches everything: ASGI's own routes are case-sensitive, so `Routing` has the paths."""
        return [Route("/{path:path}", self.serve, methods=list(_METHODS))]

    async def serve(self, request: Request) -> Response:
        """Handle a request."""
        body = await request.body()
        slowest = self._rules.number("latency_max_seconds")
        if slowest > 0:
            await asyncio.sleep(self._state.rng.uniform(self._rules.number("latency_min_seconds"), slowest))
        with self._state.lock:
            target = f"{request.method} {request.scope['path']}"
            reply = self._interventions.around(target, lambda: self._reply(request, body))
        return self._response(request, reply)

    def _reply(self, request: Request, body: bytes) -> Reply:
        try:
            match = self._found(request)
            self._authorise(request, match, body)
            wait = self._throttle.wait(self._credentials.store, request.headers["token"])
            if wait > 0:
                return self._too_many(wait)
            query = {name.lower(): value for name, value in request.query_params.items()}
            return match.handler(Call(match.arguments, query, _parsed(request, body)))
        except ApiError as error:
            return self._results.refusal(error)

    def _found(self, request: Request) -> Match:
        match self._routing.find(request.method, request.scope["path"]):
            case Match() as found:
                return found
            case Missing.VERB:
                raise ApiError(self._rules.integer("unsupported_verb_status"), "Not supported")
            case _:
                raise ApiError(404, "No such resource")

    def _authorise(self, request: Request, match: Match, body: bytes) -> None:
        writes = request.method in _WRITES
        if not self._credentials.allow(request.headers, match.service, write=writes):
            if self._content_comes_first(request, match) and not _parsed(request, body):
                raise ApiError(400, "An array of 1 or more elements is required")
            raise ApiError(
                401, "PrivateKey, Token and SecureURL do not fit, or the scope does not allow this"
            )

    def _content_comes_first(self, request: Request, match: Match) -> bool:
        known = self._credentials.allow(request.headers, match.service, write=False)
        return known and request.method in _WRITES and self._rules["scope_checked"] == "after_content"

    def _too_many(self, wait: float) -> Reply:
        headers = {}
        if self._rules.flag("throttle_retry_after"):
            headers["retry-after"] = str(math.ceil(wait) if math.isfinite(wait) else 3600)
        match self._rules["throttle_body"]:
            case "html":
                return Reply(429, _TOO_MANY.encode(), media=HTML_MEDIA, headers=headers)
            case "result":
                refusal = self._results.refusal(ApiError(429, "Too many requests"))
                return Reply(429, refusal.body, headers=headers)
            case _:
                return Reply(429, headers=headers)

    def _response(self, request: Request, reply: Reply) -> Response:
        body, media = reply.body, reply.media
        if media != HTML_MEDIA and body and _wants_xml(request):
            body, media = to_xml(body, reply.element), _XML_MEDIA
        headers = _HEADERS | dict(reply.headers)
        if body:
            headers["content-type"] = media
        if self._rules.flag("gzip") and body and "gzip" in request.headers.get("accept-encoding", ""):
            body, headers["content-encoding"] = gzip.compress(body, 1), "gzip"
        return Response(body, reply.status, headers)


def _parsed(request: Request, body: bytes) -> object:
    if request.method not in _WRITES:
        return None
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in _JSON_TYPES:
        raise ApiError(415, "The request's media type is not supported")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ApiError(400, "The request is not valid JSON") from error


def _wants_xml(request: Request) -> bool:
    accepted = request.headers.get("accept", "")
    return any(each in accepted for each in _XML_TYPES) and "json" not in accepted
