"""Refusals in the API's shape: a list of errors, each with a code, a message and perhaps details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import Response

from cartage_sandbox.kernel.jsonwire import json_response

INVALID = "InvalidInput"


class Refusal(Exception):
    """A response that is not a success."""

    def __init__(
        self,
        status: int,
        code: str,
        messages: Sequence[str],
        details: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status)
        self.status, self.code, self.messages, self.details = status, code, messages, details
        self.headers = dict(headers or {})

    def response(self, headers: Mapping[str, str]) -> Response:
        """Return the HTTP response."""
        errors = [
            {"code": self.code, "message": message, "details": self.details} for message in self.messages
        ]
        return json_response({"errors": errors}, self.status, {**headers, **self.headers})


def invalid(*messages: str) -> Refusal:
    """400: the request cannot be carried out as it is."""
    return Refusal(400, INVALID, messages)


def not_found(status: str, seller_id: str) -> Refusal:
    """404, or 400 with a text: there is no such order."""
    code = "NotFound" if status == "404" else INVALID
    return Refusal(int(status), code, [f"The order {seller_id} does not exist."])


def forbidden() -> Refusal:
    """403 for an id with a space."""
    return Refusal(403, "Forbidden", ["FORBIDDEN"])


def denied(details: str = "", *, status: int = 403) -> Refusal:
    """403, or 401: no role, no token, or one that has expired."""
    return Refusal(status, "Unauthorized", ["Access to requested resource is denied."], details)


def throttled() -> Refusal:
    """429: too many calls of this operation."""
    return Refusal(429, "QuotaExceeded", ["You exceeded your quota for the requested resource."])
