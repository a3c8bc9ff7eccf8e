"""Amazon's Selling Partner API over HTTP: the token, the operations' budgets, and the meaning of refusals.

A read is repeated where that can help. A write is sent once, and a second time only after a response that refuses the
token, which proves that it had no effect.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel, ValidationError

from cartage.connections import fields_of
from cartage.errors import AuthFailed, NotSent, RemoteError, table
from cartage.http import HttpResponse, HttpSession, Timeouts
from cartage.http.lenient import NotJson, parse_body
from cartage.pace import RemoteBudget
from cartage.warehouses.api.tokens import AccessToken, TokenSource
from cartage.warehouses.mcf import faults, wire
from cartage.warehouses.mcf.credentials import MCF_FIELDS, McfCredentials

REMOTE = "Amazon MCF"
_TOKEN_PATH = "/auth/o2/token"  # noqa: S105 - a path
# An access token lives an hour (warehouse-apis.md, section 6).
_TOKEN_LIFE = 3600.0
_JSON = {"Content-Type": "application/json"}
# Read here and not by the table of failures: their bodies say more than the status.
_EXPLAINED = (400, 401, 403, 404)

Read = TypeVar("Read", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the API, by which Amazon counts calls. `path` has no parameters."""

    name: str
    method: str
    path: str

    def at(self, path: str) -> str:
        """Return the operation in messages, on this path."""
        return f"{self.method} {path}"


@dataclass(frozen=True, slots=True)
class ReadResponse:
    """The object that a successful read returned, and when it was made, if the response says so."""

    body: Mapping[str, Any]
    made_at: datetime | None

    @property
    def payload(self) -> Mapping[str, Any]:
        """Return the payload; empty if there is none."""
        found = self.body.get("payload")
        return found if isinstance(found, Mapping) else {}


class SellingPartnerClient:
    """The API of one seller, with one pooled session. Threads may share it. Building it makes no call."""

    def __init__(
        self,
        credentials: McfCredentials,
        *,
        timeouts: Timeouts | None = None,
        pool_size: int = 16,
        budget: RemoteBudget | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._credentials = credentials
        self._clock = clock
        self._http = HttpSession(
            credentials.base_url,
            remote=REMOTE,
            # Amazon asks every application to name itself (SP-API, "Include a User-Agent header").
            headers={
                "Accept": "application/json",
                "User-Agent": f"Cartage/{version('cartage')} (Language=Python)",
            },
            timeouts=timeouts,
            network=credentials.network,
            budget=budget,
            pool_size=pool_size,
        )
        self._login = HttpSession(
            credentials.login_url, remote=REMOTE, timeouts=timeouts, network=credentials.network, pool_size=1
        )
        self._tokens = TokenSource(self._fetch_token, clock)

    @property
    def longest_write(self) -> float:
        """Return after how many seconds a started write can no longer reach the API."""
        return 2 * self._http.timeouts.longest

    def now(self) -> float:
        """Return the time on the client's clock, from which `write` counts."""
        return self._clock()

    def read(
        self,
        operation: Operation,
        path: str = "",
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
    ) -> ReadResponse:
        """Make a call without an effect. Return the object in its response.

        Raises:
            RemoteError: as `cartage.errors.table` classifies it; `MalformedResponse` if it is no object.
        """
        path = path or operation.path
        content = None if body is None else _content(body)
        headers = _JSON if content is not None else {}
        response = self._authorized(operation, path, safe=True, params=params, data=content, headers=headers)
        if response.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise self.refusal(response, operation.at(path), safe=True)
        return ReadResponse(
            self.object_in(response, operation.at(path), safe=True), _made_at(response.headers)
        )

    def write(self, operation: Operation, path: str, body: Any, *, started: float) -> HttpResponse:
        """Send a write, which must leave within the time of one request after `started`.

        Responses with 400, 403 and 404 are returned for the caller to read.

        Raises:
            NotSent, RateLimited, AuthFailed, ...: the write had no effect.
            OutcomeUnknown: the write may have had its effect.
        """
        content = None if body is None else _content(body)
        headers = _JSON if content is not None else {}
        return self._authorized(operation, path, safe=False, started=started, data=content, headers=headers)

    def object_in(self, response: HttpResponse, operation: str, *, safe: bool) -> Mapping[str, Any]:
        """Return the object in a success. After a write, an unusable body means an unknown outcome."""
        try:
            body = parse_body(response.content)
        except NotJson as error:
            raise self.malformed(operation, f"the response is {error}", safe=safe) from error
        if not isinstance(body, dict):
            raise self.malformed(operation, "the response is not an object", safe=safe)
        return body

    def validated(self, model: type[Read], body: object, operation: str) -> Read:
        """Return a part of the response to a read as `model`.

        Raises:
            MalformedResponse: names the place of what cannot be read.
        """
        try:
            return model.model_validate(body)
        except ValidationError as error:
            raise self.malformed(operation, _shape(error), safe=True) from error

    def refusal(self, response: HttpResponse, operation: str, *, safe: bool) -> RemoteError:
        """Return the error for a response that is not a success, with what its body says."""
        named = faults.parse_faults(response.text)
        rule = table.rule_for_status(response.status, safe=safe)
        details = f" ({'; '.join(map(str, named))})" if named else ""
        detailed = table.FailureRule(rule.error, f"{rule.what}{details}", rule.fix)
        return self._http.error(detailed, operation, status=response.status)

    def malformed(self, operation: str, what: str, *, safe: bool) -> RemoteError:
        """Return the error for a success whose body cannot be used."""
        return self._http.error(table.rule_for_bad_body(what, safe=safe), operation)

    def close(self) -> None:
        """Close the pooled connections."""
        self._http.close()
        self._login.close()

    def _authorized(
        self,
        operation: Operation,
        path: str,
        *,
        safe: bool,
        headers: Mapping[str, str],
        started: float | None = None,
        **call: Any,
    ) -> HttpResponse:
        """Make a call with the token. If the token is refused, make it once more with a new one."""
        begun = self._clock() if started is None else started

        def attempt(token: AccessToken) -> HttpResponse:
            left = self._time_to_leave(begun, operation.at(path), safe=safe)
            return self._http.call(
                operation.method,
                path,
                safe=safe,
                headers={**headers, "x-amz-access-token": token.value},
                accept=_EXPLAINED,
                counted_as=operation.name,
                wait_at_most=left,
                **call,
            )

        token = self._tokens.current()
        response = attempt(token)
        if _refuses_token(response):
            response = attempt(self._tokens.replacement_of(token))
        if _refuses_token(response):
            what = "a new token was not accepted either"
            failure = self._auth_failed(operation.at(path), what, response.status)
            failure.response = None if safe else response.raw
            raise failure
        return response

    def _time_to_leave(self, begun: float, operation: str, *, safe: bool) -> float:
        """Return the seconds within which a call must leave: `longest_write` after `begun` it must not reach the API.

        Raises:
            NotSent: if a write would leave too late.
        """
        left = begun + self._http.timeouts.longest - self._clock()
        if not safe and left < 0:
            what = "signing in, or looking for the order, took too long"
            raise NotSent(REMOTE, operation, what, fix="Nothing was sent; try again.")
        return left

    def _fetch_token(self) -> AccessToken:
        operation = f"POST {_TOKEN_PATH}"
        credentials = self._credentials
        grant = {
            "grant_type": "refresh_token",
            "refresh_token": credentials.refresh_token,
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
        }
        response = self._login.call(
            "POST",
            _TOKEN_PATH,
            safe=True,
            data=urlencode(grant).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            accept=(400, 401),
        )
        if response.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise self._auth_failed(operation, f"signing in was refused{_reason(response)}", response.status)
        token = self.validated(wire.LoginToken, self.object_in(response, operation, safe=True), operation)
        return AccessToken.of(token.access_token, token.life, self._clock(), longest=_TOKEN_LIFE)

    def _auth_failed(self, operation: str, what: str, status: int) -> AuthFailed:
        labels = ", ".join(MCF_FIELDS[name] for name in ("login", "password", "extra.refresh_token"))
        fix = f"Check {fields_of(labels, self._credentials.connection_id)}."
        return AuthFailed(REMOTE, operation, what, fix=fix, status=status)


def _content(body: Any) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def _refuses_token(response: HttpResponse) -> bool:
    """Return whether a response says that the token is not accepted (401), or no longer (401 or 403)."""
    if response.status == HTTPStatus.UNAUTHORIZED:
        return True
    return response.status == HTTPStatus.FORBIDDEN and faults.is_about_token(
        faults.parse_faults(response.text)
    )


def _made_at(headers: Mapping[str, str]) -> datetime | None:
    """Return when a response was made, by its Date."""
    try:
        date = parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, OverflowError):
        return None
    return date.astimezone(UTC) if date.tzinfo else None


def _reason(response: HttpResponse) -> str:
    """Return the error of Login with Amazon (RFC 6749, 5.2)."""
    try:
        error = parse_body(response.content).get("error")
    except (NotJson, AttributeError):
        return ""
    return f" ({str(error)[:100]})" if error else ""


def _shape(error: ValidationError) -> str:
    """Return where a response has an unknown shape, without any values: they may be personal data."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"the response has an unknown shape at {place or 'its top'}: {first['type']}"
