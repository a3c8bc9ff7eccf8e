"""A call as the handlers see it and a reply as they give it, apart from HTTP itself.

Replies hold JSON bytes; turning them into XML, gzip and headers is the front's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

JSON_MEDIA = "application/json; charset=utf-8"
HTML_MEDIA = "text/html; charset=utf-8"


class ApiError(Exception):
    """A refusal. `firm`: its array is sent whatever the rules say about bodies of errors."""

    def __init__(self, status: int, message: str, *, firm: bool = False) -> None:
        super().__init__(message)
        self.status, self.message, self.firm = status, message, firm


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised request: path arguments, query (names in lower case), and the parsed body."""

    arguments: Mapping[str, str]
    query: Mapping[str, str]
    body: Any = None

    def number(self, name: str) -> int:
        """Return a path argument that is an id. Raises ApiError 400."""
        return whole(self.arguments[name], name)

    def objects(self, maximum: int) -> list[Any]:
        """Return the body as the array that a bulk write must be. Raises ApiError 400."""
        if not isinstance(self.body, list) or not 1 <= len(self.body) <= maximum:
            raise ApiError(400, f"An array of 1 to {maximum} elements is required")
        return self.body

    def object(self) -> dict[str, Any]:
        """Return the body as the object that a single write must be. Raises ApiError 400."""
        if not isinstance(self.body, dict):
            raise ApiError(400, "An object is required")
        return self.body


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered: status, JSON bytes, and the name of an element should XML be asked for."""

    status: int
    body: bytes = b""
    element: str = "Result"
    media: str = JSON_MEDIA
    headers: Mapping[str, str] = field(default_factory=dict)


def whole(text: str, name: str) -> int:
    """Return a whole number out of a path or query. Raises ApiError 400."""
    try:
        return int(text)
    except ValueError as error:
        raise ApiError(400, f"The value is not valid for {name}") from error


def encode(data: Any) -> bytes:
    """Return `data` as JSON; what does not fit orjson (integers beyond 64 bits) goes the slow way."""
    try:
        return orjson.dumps(data)
    except TypeError:
        import json

        return json.dumps(data).encode()


def array_of(bodies: list[bytes]) -> bytes:
    """Return a JSON array of elements that are JSON already."""
    return b"[" + b",".join(bodies) + b"]"
