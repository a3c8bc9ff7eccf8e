"""Refusals in the API's shapes (warehouse-apis.md section 2, "Errors").

Bodies are PascalCase with Newtonsoft's `$type`, whatever the request accepts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from cartage_sandbox.kernel.jsonwire import json_response

_NAMESPACE = "WMS.V2.Generic.Models"
_ORDER = "WMS.V2.Order.Models.Order, WMS.V2.Order.Models"


class Refusal(Exception):
    """A response that is not a success: status, body and headers."""

    def __init__(self, status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers

    def response(self) -> Response:
        """Return the HTTP response."""
        if self.body is None:
            return Response(status_code=self.status, headers=dict(self.headers or {}))
        media = "application/json; charset=utf-8"
        return json_response(self.body, self.status, self.headers, media)


def _typed(name: str, **fields: Any) -> dict[str, Any]:
    return {"$type": f"{_NAMESPACE}.Exceptions.{name}, {_NAMESPACE}", **fields}


def bad_query(parameter: str, hint: str, code: str = "NotParsable") -> Refusal:
    """400: a query parameter cannot be used."""
    return Refusal(400, _typed("QueryParameterException", Parameters=[parameter], ErrorCode=code, Hint=hint))


def model_fault(code: str, name: str, value: Any, hint: str) -> dict[str, Any]:
    """Return a validation fault: Required, DoesNotExist, Duplicate, Incompatible or ValueNotSupported."""
    properties = [{"Name": name, "Value": value}]
    return _typed(
        "ModelValidationException", ModelType=_ORDER, Properties=properties, ErrorCode=code, Hint=hint
    )


def invalid_model(faults: Sequence[dict[str, Any]]) -> Refusal:
    """400: a single fault as it is, several inside a ListException."""
    return Refusal(400, faults[0] if len(faults) == 1 else _typed("ListException", Faults=list(faults)))


def not_possible(code: str, action: str, hint: str) -> Refusal:
    """403: the order's state forbids it, such as OrderConfirmed."""
    body = _typed(
        "OperationException", ActionNameType="OrderOperation", ActionName=action, ErrorCode=code, Hint=hint
    )
    return Refusal(403, body)


def role_missing(role: str) -> Refusal:
    """403: the credential lacks a role. The fields of this body are assumed."""
    return Refusal(
        403, _typed("AuthorizationException", ErrorCode="Forbidden", Hint=f"Role required: {role}")
    )


def token_refused() -> Refusal:
    """401: no token, or an unknown or expired one. The body is ASP.NET's usual one (assumed)."""
    message = {"Message": "Authorization has been denied for this request."}
    return Refusal(401, message, {"WWW-Authenticate": "Bearer"})


def client_refused(message: str) -> Refusal:
    """401 of the token endpoint; its shape is not RFC 6749's (observed 2026-09-21)."""
    return Refusal(401, {"Message": message})


def etag_missing() -> Refusal:
    """428: If-Match is required."""
    return Refusal(428, {"Message": "If-Match header is required."})


def etag_stale() -> Refusal:
    """412: the resource has changed since it was read."""
    return Refusal(412, {"Message": "The resource has been modified."})
