"""Calls as the handlers see them and their replies, independent of HTTP.

Replies hold JSON bytes; `front` adds XML, gzip and headers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

JSON_MEDIA = "application/json; charset=utf-8"
HTML_MEDIA = "text/html; charset=utf-8"


class ApiError(Exception):
    """A refusal. If `firm`, its array is sent whatever the rules say about error bodies."""

    def __init__(self, status: int, message: str, *, firm: bool = False) -> None:
        super().__init__(message)
        self.status, self.message, self.firm = status, message, firm


@dataclass(frozen=True, slots=True)
class Call:
    """An authorised request: path arguments, query (names in lower case), and the parsed body."""

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
    """A reply: status, JSON bytes, and the name of an element for XML."""

    status: int
    body: bytes = b""
    element: str = "Result"
    media: str = JSON_MEDIA
    headers: Mapping[str, str] = field(default_factory=dict)


def whole(text: str, name: str) -> int:
    """Return a whole number from a path or query. Raises ApiError 400."""
    try:
        return int(text)
    except ValueError as error:
        raise ApiError(400, f"The value is not valid for {name}") from error


def encode(data: Any) -> bytes:
    """Return `data` as JSON. What orjson refuses (integers beyond 64 bits) takes the slow way."""
    try:
        return orjson.dumps(data)
    except TypeError:
        import json

        return json.dumps(data).encode()


def array_of(bodies: list[bytes]) -> bytes:
    """Return a JSON array of elements that already are JSON."""
    return b"[" + b",".join(bodies) + b"]"
