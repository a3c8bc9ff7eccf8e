"""ShipBob's API over HTTP: the token, the channel, both kinds of pages, and what refusals mean. Knows no domain value.

A read is repeated where that can help. A write is sent once, and a second time only after a 401, which proves that it
had no effect.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, ValidationError

from cartage.connections import fields_of
from cartage.errors import AuthFailed, NotSent, RemoteError, table
from cartage.http import HttpResponse, HttpSession, Timeouts
from cartage.http.lenient import NotJson, parse_body
from cartage.pace import RemoteBudget
from cartage.warehouses.api.rows import ReadRow, read_row
from cartage.warehouses.api.tokens import AccessToken, TokenSource
from cartage.warehouses.shipbob import faults
from cartage.warehouses.shipbob.auth.session import LONGEST_LIFE, OAuthSession
from cartage.warehouses.shipbob.settings import SHIPBOB_FIELDS, ShipBobCredentials

REMOTE = "ShipBob"
# The dated version that this connector is written for (connectors.md section 2.1); supported until January 2028.
VERSION = "/2026-01"
_CHANNEL = "shipbob_channel_id"
# Read here and not by the table of failures: their bodies say more than the status.
_EXPLAINED = (400, 401, 422)
# A list that does not end by then gives the same page again and again.
_MOST_PAGES = 20_000

Read = TypeVar("Read", bound=BaseModel)
Row = TypeVar("Row", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class RowsPage(Generic[Row]):
    """A page of a list. `made_at` is when its response was made, if that says so."""

    rows: tuple[ReadRow[Row], ...]
    made_at: datetime | None = None
    is_last: bool = True


@dataclass(frozen=True, slots=True)
class Started:
    """The beginning of a write with all that comes before it, on the client's clock."""

    at: float


class ShipBobClient:
    """The API of one account, with one pooled session. Threads may share it. Building it makes no call."""

    def __init__(
        self,
        credentials: ShipBobCredentials,
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
            headers={"Accept": "application/json"},
            timeouts=timeouts,
            network=credentials.network,
            budget=budget,
            pool_size=pool_size,
        )
        grant = credentials.grant
        self._oauth = (
            OAuthSession(grant, credentials.connection_id, timeouts=timeouts, network=credentials.network)
            if grant
            else None
        )
        self._rejected = ""
        self._tokens = TokenSource(self._fetch_token, clock)

    @property
    def longest_write(self) -> float:
        """Return after how many seconds a started write can no longer reach the API."""
        return 2 * self._http.timeouts.longest

    def started(self) -> Started:
        """Begin a write: what is read before it counts towards its time."""
        return Started(self._clock())

    # Reading

    def read(self, path: str, model: type[Row], *, channel: int | None = None) -> ReadRow[Row]:
        """GET a resource, as far as it can be read.

        Raises:
            RemoteError: as `cartage.errors.table` classifies it; `MalformedResponse` if it is no object.
        """
        body = self._parsed(self._get(path, {}, channel), f"GET {path}")
        if not isinstance(body, dict):
            raise self.malformed(f"GET {path}", "the response is not an object", safe=True)
        return read_row(model, body)

    def numbered_pages(
        self,
        path: str,
        model: type[Row],
        *,
        size: int,
        params: Mapping[str, Any],
        channel: int | None = None,
        first: int = 1,
    ) -> Iterator[RowsPage[Row]]:
        """GET a list whose pages have numbers: it is an array, and the header `next-page` says that there is more.

        UNVERIFIED: that the header is always there. A full page is therefore followed by another one in any case.

        Raises:
            RemoteError: as `cartage.errors.table` classifies it; `MalformedResponse` if a page is no array.
        """
        for number in range(first, first + _MOST_PAGES):
            response = self._get(path, {**params, "Page": number, "Limit": size}, channel)
            body = self._parsed(response, f"GET {path}")
            if not isinstance(body, list):
                raise self.malformed(f"GET {path}", "the response is not a list", safe=True)
            more = bool(response.headers.get("next-page", "").strip()) or len(body) >= size
            rows = tuple(read_row(model, row) for row in body)
            yield RowsPage(rows, _made_at(response.headers), is_last=not (more and body))
            if not (more and body):
                return
        raise self.malformed(f"GET {path}", "the list does not end", safe=True)

    def linked_pages(self, path: str, model: type[Row], params: Mapping[str, Any]) -> Iterator[RowsPage[Row]]:
        """GET a list whose pages have links: an object with `items`, and in `next` the way to the next page.

        Raises:
            RemoteError: as `cartage.errors.table` classifies it; `MalformedResponse` if a page has no items.
        """
        query, seen = dict(params), set[str]()
        while True:
            response = self._get(path, query, None)
            body = self._parsed(response, f"GET {path}")
            items = body.get("items") if isinstance(body, dict) else None
            if not isinstance(body, dict) or not (
                isinstance(items, list) or (items is None and "items" in body)
            ):
                raise self.malformed(f"GET {path}", "the response has no items", safe=True)
            after = str(body.get("next") or "").strip()
            is_last = not after or after in seen
            rows = tuple(read_row(model, row) for row in items or ())
            yield RowsPage(rows, _made_at(response.headers), is_last=is_last)
            if is_last:
                return
            seen.add(after)
            query = _linked(after, params)

    def whole_list(
        self, path: str, model: type[Row], params: Mapping[str, Any] | None = None
    ) -> tuple[ReadRow[Row], ...]:
        """GET a list that has no pages: an array.

        Raises:
            RemoteError: as `cartage.errors.table` classifies it; `MalformedResponse` if it is no array.
        """
        body = self._parsed(self._get(path, params or {}, None), f"GET {path}")
        if not isinstance(body, list):
            raise self.malformed(f"GET {path}", "the response is not a list", safe=True)
        return tuple(read_row(model, row) for row in body)

    # Writing

    def write(
        self, path: str, body: Any = None, *, started: Started | None = None, channel: int | None = None
    ) -> HttpResponse:
        """POST. Responses with 400 and 422 are returned for the caller to read.

        Raises:
            NotSent, RateLimited, AuthFailed, ...: the write had no effect.
            OutcomeUnknown: the write may have had its effect.
        """
        content = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        headers = _channel_header(channel) | ({"Content-Type": "application/json"} if content else {})
        begun = (started or self.started()).at
        return self._authorized("POST", path, begun, safe=False, data=content, headers=headers)

    def parsed(self, response: HttpResponse, model: type[Read], operation: str, *, safe: bool) -> Read:
        """Return the body of a success as `model`. After a write, an unusable body means an unknown outcome."""
        try:
            return model.model_validate(parse_body(response.content))
        except NotJson as error:
            raise self.malformed(operation, f"the response is {error}", safe=safe) from error
        except ValidationError as error:
            raise self.malformed(operation, _shape(error), safe=safe) from error

    def refusal(self, response: HttpResponse, operation: str, *, safe: bool) -> RemoteError:
        """Return the error for a response that is not a success, with what its body says."""
        rule = table.rule_for_status(response.status, safe=safe)
        details = "; ".join(map(str, faults.parse_refusal(response.text)))
        detailed = table.FailureRule(rule.error, f"{rule.what}{f' ({details})' if details else ''}", rule.fix)
        return self._http.error(detailed, operation, status=response.status)

    def malformed(self, operation: str, what: str, *, safe: bool) -> RemoteError:
        """Return the error for a success whose body cannot be used."""
        return self._http.error(table.rule_for_bad_body(what, safe=safe), operation)

    def close(self) -> None:
        """Close the pooled connections."""
        self._http.close()
        if self._oauth:
            self._oauth.close()

    def _get(self, path: str, params: Mapping[str, Any], channel: int | None) -> HttpResponse:
        started = self._clock()
        headers = _channel_header(channel)
        response = self._authorized("GET", path, started, safe=True, params=params, headers=headers)
        if response.status >= 300:
            raise self.refusal(response, f"GET {path}", safe=True)
        return response

    def _parsed(self, response: HttpResponse, operation: str) -> Any:
        try:
            return parse_body(response.content)
        except NotJson as error:
            raise self.malformed(operation, f"the response is {error}", safe=True) from error

    def _authorized(
        self, method: str, path: str, started: float, *, safe: bool, headers: Mapping[str, str], **call: Any
    ) -> HttpResponse:
        """Make a call with the token. After a 401, make it once more with a new token, if there can be one."""

        def attempt(token: AccessToken) -> HttpResponse:
            left = self._time_to_leave(started, f"{method} {path}", safe=safe)
            return self._http.call(
                method,
                VERSION + path,
                safe=safe,
                headers={**headers, "Authorization": token.header},
                accept=_EXPLAINED,
                wait_at_most=left,
                **call,
            )

        token = self._tokens.current()
        response = attempt(token)
        if response.status == 401 and self._oauth:
            self._rejected = token.value
            response = attempt(self._tokens.replacement_of(token))
        if response.status == 401:
            failure = self._auth_failed(f"{method} {path}")
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
            what = "what comes before it took too long"
            raise NotSent(REMOTE, operation, what, fix="Nothing was sent; try again.")
        return left

    def _fetch_token(self) -> AccessToken:
        now = self._clock()
        if self._oauth is None:
            return AccessToken(self._credentials.token, float("inf"))
        token, life = self._oauth.fetch(self._rejected)
        return AccessToken.of(token, life, now, longest=LONGEST_LIFE)

    def _auth_failed(self, operation: str) -> AuthFailed:
        names = ("login", "extra.client_secret", "extra.refresh_token") if self._oauth else ("password",)
        labels = fields_of(", ".join(SHIPBOB_FIELDS[name] for name in names), self._credentials.connection_id)
        what = "a new token was not accepted either" if self._oauth else "the token was not accepted"
        # An account of the sandbox has tokens of its own.
        fix = f"Check {labels}, and that the API address is that of the same account."
        return AuthFailed(REMOTE, operation, what, fix=fix, status=401)


def _channel_header(channel: int | None) -> dict[str, str]:
    return {} if channel is None else {_CHANNEL: str(channel)}


def _linked(after: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the query of the next page. Its link is a path with a query (V, channels), a URL, or a cursor alone.

    Only the query is used, so that no link leads to another host. UNVERIFIED: that it repeats the filters.
    """
    query = urlsplit(after).query
    return {**params, **dict(parse_qsl(query))} if query else {**params, "cursor": after}


def _made_at(headers: Mapping[str, str]) -> datetime | None:
    """Return the server's time of a response, by its header Date (RFC 9110, 6.6.1)."""
    try:
        date = parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, OverflowError):
        return None
    return date.astimezone(UTC) if date.tzinfo else None


def _shape(error: ValidationError) -> str:
    """Return where a response has an unknown shape, without any values: they may be personal data."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"the response has an unknown shape at {place or 'its top'}: {first['type']}"
