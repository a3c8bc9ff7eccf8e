"""JSON in and out, fast: requests are parsed and answers written without models in between.

It validates nothing: what a field may hold is the emulator's business.
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
    """A request's body is no JSON."""


def dumps(data: Any) -> bytes:
    """Return `data` as UTF-8 JSON; Decimals become numbers, datetimes ISO texts."""
    return orjson.dumps(data, default=_plain)


async def payload(request: Request) -> Any:
    """Return a request's parsed body. Raises BrokenJson; an empty body is broken too."""
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
