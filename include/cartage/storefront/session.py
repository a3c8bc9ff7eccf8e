"""One store over HTTP: rate limit, headers, and the meaning of every response. Knows no endpoint and no order.

A read is repeated where that can help. A write is repeated only if it certainly had no effect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from cartage.connections import fields_of
from cartage.deadlines import deadline
from cartage.errors import AuthFailed, PermissionDenied, RateLimited, Refused, RemoteError, table
from cartage.http import RETRY_WRITE, HttpResponse, HttpSession
from cartage.http.lenient import NotJson, parse_body
from cartage.pace import CallBudget
from cartage.redaction import maskable
from cartage.storefront.fields import LABELS
from cartage.storefront.settings import StoreCredentials
from cartage.storefront.wire import responses

# Statuses whose bodies say more than the status.
_EXPLAINED = (400, 401, 403, 404, 405, 409, 413, 415, 422)

Before = Callable[[], None]


class PastTheEnd(Refused):
    """A list has no rows at the requested offset."""


class StoreSession:
    """Calls to one store, each within the call budget. Threads may share it.

    `http` is bound to the API's address and has the headers of `headers_for`. `clock_ahead` is how far the
    API's clock was ahead of this machine's at the last response that had a date; None until there is one.
    """

    def __init__(self, http: HttpSession, credentials: StoreCredentials, budget: CallBudget) -> None:
        self._http = http
        self._credentials = credentials
        self._budget = budget
        self.clock_ahead: timedelta | None = None
        self._root = f"/3dCartWebAPI/{credentials.api_version}"
        keys = (credentials.private_key, credentials.token)
        self._secrets = tuple(secret.encode() for secret in maskable(key.get_secret_value() for key in keys))

    def read(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """Send a GET. Return the value of the body, None without a body.

        Raises:
            PastTheEnd: if a list has no rows at this offset.
            NotFound: if there is nothing (for a list: no rows at all).
            RemoteError: for any other failure, as `cartage.errors.table` classifies it.
        """
        return self._http.retry(lambda: self._exchange("GET", path, safe=True, params=params))

    def write(self, path: str, body: Any, *, before: Before | None = None) -> Sequence[responses.Result]:
        """Send a PUT. Return the result objects. `before` runs each time just before the call leaves.

        Sent again only after a failure that proves that nothing was written.

        Raises:
            OutcomeUnknown: if it may have been written.
            RemoteError: for any other failure; nothing was written.
        """
        return responses.results(
            self._http.retry(
                lambda: self._exchange("PUT", path, safe=False, json=body, before=before), after=RETRY_WRITE
            )
        )

    def create(self, path: str, body: Any, *, before: Before | None = None) -> Sequence[responses.Result]:
        """Send a POST. Like `write`, it is repeated only if nothing was written."""
        return responses.results(
            self._http.retry(
                lambda: self._exchange("POST", path, safe=False, json=body, before=before), after=RETRY_WRITE
            )
        )

    def malformed(self, operation: str, what: str, *, safe: bool = True) -> RemoteError:
        """Return the error for a success whose body is not what it should be."""
        return self._http.error(table.rule_for_bad_body(what, safe=safe), operation)

    def close(self) -> None:
        """Close the pooled connections."""
        self._http.close()

    def _exchange(
        self, method: str, path: str, *, safe: bool, before: Before | None = None, **request: Any
    ) -> Any:
        self._budget.acquire()
        try:
            with deadline(self._http.timeouts.longest):
                if before:
                    before()
                response = self._http.once(method, self._root + path, safe=safe, accept=_EXPLAINED, **request)
        except RateLimited as failure:
            self._budget.penalise(failure.retry_after)
            raise
        self._note_clock(response.headers.get("Date", ""))
        return self._read_response(response, f"{method} {path}", safe=safe)

    def _note_clock(self, date: str) -> None:
        """Keep how far the remote's clock is ahead (RFC 9110, 6.6.1: to a second; not every response has a date)."""
        try:
            remote_now = parsedate_to_datetime(date)
        except ValueError:
            return
        if remote_now.tzinfo:
            self.clock_ahead = remote_now - datetime.now(UTC)

    def _read_response(self, response: HttpResponse, operation: str, *, safe: bool) -> Any:
        """Return the body of a success. Raise the failure that status and body together stand for.

        If every element of a write failed, the status may be a failure too. Its results still name each element
        and the reason.
        """
        # What a read returns is data, and stays as it is. Everything else may end in a message.
        is_data = safe and response.status < 300
        try:
            value = parse_body(response.content if is_data else self._without_secrets(response.content))
        except NotJson as error:
            if response.status >= 300:
                raise self._failure(response.status, str(error), operation, safe=safe) from error
            raise self.malformed(operation, str(error), safe=safe) from error
        failed = responses.error_in(value)
        if failed and is_data:
            failed = responses.error_in(parse_body(self._without_secrets(response.content)))
        if failed and failed.past_the_end and safe:
            raise PastTheEnd(self._http.remote, operation, "no more rows", status=response.status)
        has_results = (
            not safe and response.status in (400, 404) and not failed and bool(responses.results(value))
        )
        if response.status >= 300 and not has_results:
            raise self._failure(response.status, responses.message_in(value), operation, safe=safe)
        if failed:
            raise self._error_inside_success(failed, operation, safe=safe)
        return value

    def _error_inside_success(self, failed: responses.Result, operation: str, *, safe: bool) -> RemoteError:
        if failed.status < 300:
            return self.malformed(operation, f"an error without a status ({failed.message})", safe=safe)
        if failed.status == 429:
            self._budget.penalise(None)
        return self._failure(failed.status, failed.message, operation, safe=safe)

    def _failure(self, status: int, message: str, operation: str, *, safe: bool) -> RemoteError:
        rule = table.rule_for_status(status, safe=safe)
        what = f"{rule.what} ({message})" if message else rule.what
        fix = self._credential_fix() if issubclass(rule.error, AuthFailed | PermissionDenied) else ""
        return self._http.error(
            table.FailureRule(rule.error, what, fix or rule.fix), operation, status=status
        )

    def _credential_fix(self) -> str:
        labels = f"{LABELS['secure_url']}, {LABELS['private_key']} and {LABELS['token']}"
        return (
            f"Check {fields_of(labels, self._credentials.connection_id)}, "
            "and that the store still lists the app, with read and write "
            "permission for orders and products (3dcart: Modules > REST API)."
        )

    def _without_secrets(self, content: bytes) -> bytes:
        """Mask our own secrets in the body of an error, which may repeat them, and is logged."""
        for secret in self._secrets:
            content = content.replace(secret, b"***")
        return content


def headers_for(credentials: StoreCredentials) -> dict[str, str]:
    """Return the headers of every call (3dcart-api.md, section 2)."""
    return {
        "SecureURL": credentials.identity,
        "PrivateKey": credentials.private_key.get_secret_value(),
        "Token": credentials.token.get_secret_value(),
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Accept-Encoding": "gzip",
    }
