"""Hold every request and every response of a sandbox to an OpenAPI description, except faults that a test injects.

The descriptions under openapi/ are our own words for the operations that a connector uses, as vendors document them.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import yaml
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from werkzeug.datastructures import Headers, ImmutableMultiDict

from cartage_sandbox.kernel import Faults

_FOLDER = Path(__file__).parent / "openapi"
_CONTROL = "/_sandbox"
_LOCK = threading.Lock()


@cache
def description(name: str) -> OpenAPI:
    """Return a vendor's description, read and checked once."""
    with (_FOLDER / f"{name}.yaml").open(encoding="utf-8") as file:
        return OpenAPI.from_dict(yaml.safe_load(file))


class _Request:
    """A request as openapi-core reads it."""

    def __init__(self, scope: Scope, body: bytes) -> None:
        self.host_url = "http://vendor.example"
        self.path = scope["path"]
        self.path_pattern = None
        self.method = scope["method"].lower()
        headers = Headers([(name.decode(), value.decode("latin-1")) for name, value in scope["headers"]])
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        self.parameters = RequestParameters(query=ImmutableMultiDict(query), header=headers)
        self.content_type = headers.get("Content-Type", "").partition(";")[0]
        self.body = body or None


class _Response:
    """A response as openapi-core reads it."""

    def __init__(self, start: Message, body: bytes) -> None:
        self.status_code = start["status"]
        self.headers = Headers([(name.decode(), value.decode("latin-1")) for name, value in start["headers"]])
        self.content_type = self.headers.get("Content-Type", "").partition(";")[0]
        self.data = body


class Described:
    """An ASGI app around a sandbox's. `faults` are what a request or response did wrong; `held` counts both."""

    def __init__(self, name: str, app: ASGIApp, injected: Faults) -> None:
        self._name, self._app, self._injected = name, app, injected
        self.faults: list[str] = []
        self.held: dict[str, int] = {"requests": 0, "responses": 0}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http" or scope["path"].startswith(_CONTROL):
            await self._app(scope, receive, send)
            return
        received = bytearray()
        started: list[Message] = []
        sent = bytearray()
        before = self._struck()

        async def listening() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                received.extend(message.get("body", b""))
            return message

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.append(message)
            else:
                sent.extend(message.get("body", b""))
                if not message.get("more_body") and started and self._struck() == before:
                    self._hold(_Request(scope, bytes(received)), _Response(started[0], bytes(sent)))
            await send(message)

        await self._app(scope, listening, noting)

    def _hold(self, request: _Request, response: _Response) -> None:
        api: Any = description(self._name)
        with _LOCK:
            for kind, held in (("requests", (request,)), ("responses", (request, response))):
                check: Callable[..., None] = getattr(api, f"validate_{kind.removesuffix('s')}")
                self.held[kind] += 1
                # A response to a faulty request may still be the documented one.
                try:
                    check(*held)
                except OpenAPIError as fault:
                    where = f"{request.method} {request.path} {response.status_code}"
                    self.faults.append(f"{where}: {_named(fault)}")

    def _struck(self) -> int:
        return sum(each["struck"] for each in self._injected.listing())


def _named(fault: OpenAPIError) -> str:
    """Return what is wrong, with the schema's own errors."""
    texts = [type(fault).__name__, str(fault)]
    cause: BaseException | None = fault
    while cause is not None:
        texts += [re.sub(r"\s+", " ", str(error))[:300] for error in getattr(cause, "schema_errors", ())]
        cause = cause.__cause__
    return "; ".join(texts)
