"""Refusals in the API's shapes (connectors.md section 2.2, warehouse-apis.md section 4, "Errors")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from cartage_sandbox.kernel.jsonwire import json_response
from cartage_sandbox.kernel.rules import Rules

_DUPLICATE: Mapping[str, Mapping[str, Any]] = {
    "existing": {"": ["Cannot insert order with existing ReferenceId"]},
    "duplicate": {"ReferenceId": ["Duplicate reference ID"]},
    "empty": {},
    "other": {"Order": ["The order could not be imported."]},
}


class Refusal(Exception):
    """A response that is not a success: status, body and headers."""

    def __init__(self, status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers

    def response(self) -> Response:
        """Return the HTTP response."""
        if self.body is None:
            return Response(status_code=self.status, headers=dict(self.headers or {}))
        return json_response(self.body, self.status, self.headers)


def faulty_fields(rules: Rules, fields: Mapping[str, list[str]]) -> Refusal:
    """Return the refusal of an order with faulty fields."""
    status = int(rules.text("refusal_status"))
    if rules.text("refusal_shape") == "fields":
        return Refusal(status, dict(fields))
    return Refusal(
        status, {"title": "One or more validation errors occurred.", "status": status, "errors": dict(fields)}
    )


def bad_query(name: str, why: str) -> Refusal:
    """400: a query parameter cannot be used."""
    return Refusal(400, {name: [why]})


def duplicate(rules: Rules) -> Refusal:
    """422: the account has the reference already."""
    return Refusal(422, dict(_DUPLICATE[rules.text("duplicate_body")]))


def too_many_calls(seconds: int, headers: Mapping[str, str]) -> Refusal:
    """429: the body and one header say how long to wait."""
    body = {"statusCode": 429, "message": f"Rate limit is exceeded. Try again in {seconds} seconds."}
    return Refusal(429, body, {**headers, "x-retry-after": str(seconds)})
