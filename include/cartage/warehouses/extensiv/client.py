"""Extensiv's API over HTTP: the token, the media type, and the meaning of refusals. Knows no domain value.

A read is repeated where that can help. A write is sent once, and a second time only after a 401, which
proves that it had no effect.
"""

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from cartage.connections import fields_of
from cartage.errors import AuthFailed, NotSent, Refused, RemoteError, table
from cartage.http import HttpResponse, HttpSession, Timeouts
from cartage.http.lenient import NotJson, parse_body
from cartage.pace import RemoteBudget
from cartage.warehouses.api.tokens import AccessToken, TokenSource
from cartage.warehouses.extensiv import faults, wire
from cartage.warehouses.extensiv.settings import EXTENSIV_FIELDS, ExtensivCredentials

REMOTE = "Extensiv"
HAL = "application/hal+json"
_TOKEN_PATH = "/AuthServer/api/Token"  # noqa: S105 - a path
# "Refresh at least every 30 min" (help centre, warehouse-apis.md section 2), whatever `expires_in` says.
_TOKEN_LIFE = 1800.0
# Read here and not by the table of failures: their bodies say more than the status.
_EXPLAINED = (400, 401, 403, 422)

Read = TypeVar("Read", bound=BaseModel)
Row = TypeVar("Row", bound=wire.Resource)
Head = TypeVar("Head", bound=wire.Resource)


@dataclass(frozen=True, slots=True)
class ListPage(Generic[Row]):
    """A page of a list. `total` is the number of all rows, and `made_at` when it was made, if the response says so."""

    rows: tuple[wire.ReadRow[Row], ...]
    total: int | None
    made_at: datetime | None = None


class ExtensivClient:
    """The API of one account, with one pooled session. Threads may share it. Building it makes no call."""

    def __init__(
        self,
        credentials: ExtensivCredentials,
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
            # Without this Accept the API responds in PascalCase, with a different shape (section 2, "Media type").
            headers={"Accept": HAL},
            timeouts=timeouts,
            network=credentials.network,
            budget=budget,
            pool_size=pool_size,
        )
        self._tokens = TokenSource(self._fetch_token, clock)

    @property
    def longest_write(self) -> float:
        """Return after how many seconds a started write can no longer reach the API."""
        return 2 * self._http.timeouts.longest

    def read_row(
        self, path: str, model: type[Row], params: Mapping[str, Any] | None = None
    ) -> tuple[wire.ReadRow[Row], str]:
        """GET a resource. Return it, as far as it can be read, with its ETag.

        Raises:
            RemoteError: as `cartage.errors.table` classifies it; `MalformedResponse` if it is no object.
        """
        body, headers = self._body(path, params)
        if not isinstance(body, dict):
            raise self.malformed(f"GET {path}", "the response is not an object", safe=True)
        return wire.read_row(model, body), headers.get("ETag", "")

    def page(
        self, path: str, model: type[Row], *, number: int, size: int, params: Mapping[str, Any]
    ) -> ListPage[Row]:
        """GET a page of a list. A row that cannot be read has faults; it costs no other row.

        Raises:
            RemoteError: as `cartage.errors.table` classifies it; `MalformedResponse` if it is no list, or is
                empty although it announces rows.
        """
        body, headers = self._body(path, {**params, "pgnum": number, "pgsiz": size})
        listing = self._validated(wire.Listing, body, f"GET {path}", safe=True)
        if number == 1 and listing.total_results and not listing.rows:
            what = f"{listing.total_results} rows announced, none there"
            raise self.malformed(f"GET {path}", what, safe=True)
        rows = tuple(wire.read_row(model, row) for row in listing.rows)
        # A cached response keeps its first Date, or has an Age (RFC 9110, 6.6.1; RFC 9111, 5.1).
        return ListPage(rows, listing.total_results, _made_at(headers))

    def pages(
        self,
        path: str,
        model: type[Row],
        *,
        size: int,
        params: Mapping[str, Any],
        must_be_whole: bool = False,
    ) -> Iterator[ListPage[Row]]:
        """GET a list page by page, until the announced number of rows was read, or a page has nothing new.

        Raises:
            MalformedResponse: with `must_be_whole`, if there are fewer rows than the list announces.
        """
        number, read = 1, 0
        before: ListPage[Row] | None = None
        while True:
            page = self.page(path, model, number=number, size=size, params=params)
            if page.total is None and before is not None and page.rows == before.rows:
                return
            read += len(page.rows)
            if must_be_whole and not page.rows and read < (page.total or 0):
                raise self.malformed(f"GET {path}", f"{read} of {page.total} rows came", safe=True)
            yield page
            if not page.rows or (page.total is not None and read >= page.total):
                return
            number, before = number + 1, page

    def whole_list(
        self, path: str, head: type[Head], model: type[Row]
    ) -> tuple[wire.ReadRow[Head], tuple[wire.ReadRow[Row], ...]]:
        """GET a list that has no pages. Return what stands beside its rows, and the rows.

        Raises:
            RemoteError: as `cartage.errors.table` classifies it; `MalformedResponse` if it is no list.
        """
        body, _ = self._body(path, None)
        listing = self._validated(wire.Listing, body, f"GET {path}", safe=True)
        rows = tuple(wire.read_row(model, row) for row in listing.rows)
        return wire.read_row(head, body if isinstance(body, dict) else {}), rows

    def write(
        self, method: str, path: str, body: Any, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        """Send a write. Responses with 400, 403 and 422 are returned for the caller to read.

        Raises:
            NotSent, RateLimited, AuthFailed, ...: the write had no effect.
            OutcomeUnknown: the write may have had its effect.
        """
        content = json.dumps(body, separators=(",", ":")).encode()
        return self._authorized(
            method, path, safe=False, data=content, headers={**(headers or {}), "Content-Type": HAL}
        )

    def parsed(self, response: HttpResponse, model: type[Read], operation: str, *, safe: bool) -> Read:
        """Return the body of a success as `model`. After a write, an unusable body means an unknown outcome."""
        try:
            body = parse_body(response.content)
        except NotJson as error:
            raise self.malformed(operation, f"the response is {error}", safe=safe) from error
        return self._validated(model, body, operation, safe=safe)

    def refusal(self, response: HttpResponse, operation: str, *, safe: bool) -> RemoteError:
        """Return the error for a response that is not a success, with what its body says."""
        named = faults.parse_refusal(response.text)
        rule = table.rule_for_status(response.status, safe=safe)
        if response.status == 403 and not faults.is_permission(named):
            rule = table.FailureRule(Refused, "the request was refused", "")
        details = f" ({'; '.join(map(str, named))})" if named else ""
        detailed = table.FailureRule(rule.error, f"{rule.what}{details}", rule.fix)
        return self._http.error(detailed, operation, status=response.status)

    def malformed(self, operation: str, what: str, *, safe: bool) -> RemoteError:
        """Return the error for a success whose body cannot be used."""
        return self._http.error(table.rule_for_bad_body(what, safe=safe), operation)

    def close(self) -> None:
        """Close the pooled connections."""
        self._http.close()

    def _body(self, path: str, params: Mapping[str, Any] | None) -> tuple[Any, Mapping[str, str]]:
        operation = f"GET {path}"
        response = self._authorized("GET", path, safe=True, params=params)
        self._refuse_explained(response, operation, safe=True)
        try:
            return parse_body(response.content), response.headers
        except NotJson as error:
            raise self.malformed(operation, f"the response is {error}", safe=True) from error

    def _validated(self, model: type[Read], body: object, operation: str, *, safe: bool) -> Read:
        try:
            return model.model_validate(body)
        except ValidationError as error:
            raise self.malformed(operation, _shape(error), safe=safe) from error

    def _authorized(
        self, method: str, path: str, *, safe: bool, headers: Mapping[str, str] | None = None, **call: Any
    ) -> HttpResponse:
        """Make a call with the token. After a 401, make it once more with a new token."""
        started = self._clock()

        def attempt(token: AccessToken) -> HttpResponse:
            left = self._time_to_leave(started, f"{method} {path}", safe=safe)
            authorized = {**(headers or {}), "Authorization": token.header}
            return self._http.call(
                method, path, safe=safe, headers=authorized, accept=_EXPLAINED, wait_at_most=left, **call
            )

        token = self._tokens.current()
        response = attempt(token)
        if response.status == 401:
            response = attempt(self._tokens.replacement_of(token))
        if response.status == 401:
            failure = self._auth_failed(f"{method} {path}", "a new token was not accepted either", 401)
            failure.response = None if safe else response.raw
            raise failure
        return response

    def _time_to_leave(self, started: float, operation: str, *, safe: bool) -> float:
        """Return the seconds within which a call must leave: `longest_write` after its start it must not reach the API.

        Raises:
            NotSent: if a write would leave too late.
        """
        left = started + self._http.timeouts.longest - self._clock()
        if not safe and left < 0:
            raise NotSent(REMOTE, operation, "signing in took too long", fix="Nothing was sent; try again.")
        return left

    def _refuse_explained(self, response: HttpResponse, operation: str, *, safe: bool) -> None:
        if response.status >= 300:
            raise self.refusal(response, operation, safe=safe)

    def _fetch_token(self) -> AccessToken:
        operation = f"POST {_TOKEN_PATH}"
        pair = f"{self._credentials.client_id}:{self._credentials.client_secret}"
        response = self._http.call(
            "POST",
            _TOKEN_PATH,
            safe=True,
            json=self._credentials.grant(),
            headers={
                "Authorization": f"Basic {b64encode(pair.encode()).decode()}",
                "Accept": "application/json",
            },
            accept=(400, 401),
        )
        if response.status >= 300:
            raise self._auth_failed(operation, f"signing in was refused{_message(response)}", response.status)
        token = self.parsed(response, wire.Token, operation, safe=True)
        return AccessToken.of(token.access_token, token.expires_in, self._clock(), longest=_TOKEN_LIFE)

    def _auth_failed(self, operation: str, what: str, status: int) -> AuthFailed:
        labels = ", ".join(EXTENSIV_FIELDS[name] for name in EXTENSIV_FIELDS if name != "host")
        fix = f"Check {fields_of(labels, self._credentials.connection_id)}."
        return AuthFailed(REMOTE, operation, what, fix=fix, status=status)


def _made_at(headers: Mapping[str, str]) -> datetime | None:
    """Return when a response was made: the earlier of its Date and its Age; None if it has neither."""
    times: list[datetime] = []
    try:
        date = parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, OverflowError):
        pass
    else:
        if date.tzinfo:
            times.append(date)
    if (age := headers.get("Age", "")).isdecimal() and len(age) <= 9:
        times.append(datetime.now(UTC) - timedelta(seconds=int(age)))
    return min(times, default=None)


def _message(response: HttpResponse) -> str:
    """Return the token endpoint's message. Its shape is not RFC 6749's: `{"Message": "invalid_client: ..."}`."""
    try:
        message = parse_body(response.content).get("Message")
    except (NotJson, AttributeError):
        return ""
    return f" ({str(message)[:200]})" if message else ""


def _shape(error: ValidationError) -> str:
    """Return where a response has an unknown shape, without any values: they may be personal data."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"the response has an unknown shape at {place or 'its top'}: {first['type']}"
