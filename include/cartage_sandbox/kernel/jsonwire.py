"""Parse and write JSON fast, without models.

It validates nothing: the emulator decides what a field may hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

JSON_TYPE = "application/json"


class BrokenJson(ValueError):
    """The request's body is not JSON."""


def dumps(data: Any) -> bytes:
    """Return `data` as UTF-8 JSON. Decimals become numbers, datetimes become ISO texts."""
    return orjson.dumps(data, default=_plain)


async def payload(request: Request) -> Any:
    """Return the parsed body of a request. Raises BrokenJson, also for an empty body."""
    try:
        return orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise BrokenJson(str(error)) from error


def json_response(
    data: Any, status: int = 200, headers: Mapping[str, str] | None = None, media_type: str = JSON_TYPE
) -> Response:
    """Return a JSON response."""
    return Response(dumps(data), status, dict(headers) if headers else None, media_type)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"not JSON: {type(value).__name__}")
