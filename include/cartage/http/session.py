"""An HTTP session with one remote: timeouts, retries and typed errors. Knows nothing about the content of calls.

Every call says whether it is safe to repeat. `call` never retries an unsafe one, and retries a safe one a few times
with growing waits. A client that has to act before each attempt uses `once` and `retry`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

import requests
import tenacity
import urllib3.exceptions

from cartage.deadlines import DeadlineExceeded, seconds_left
from cartage.errors import (
    RawResponse,
    Refused,
    RemoteError,
    table,
)
from cartage.http.deadline_adapter import DeadlineAdapter, check_deadline
from cartage.network import Network
from cartage.pace import NO_BUDGET, RemoteBudget

log = logging.getLogger(__name__)


class CallCounter:
    """Counts this process's calls, and those that got a 429, by kind of remote."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._throttled: Counter[str] = Counter()

    def call(self, kind: str) -> None:
        """Count a call that is about to be made."""
        with self._lock:
            self._calls[kind] += 1

    def response(self, kind: str, status: int) -> None:
        """Count its response, if that is a 429."""
        with self._lock:
            self._throttled[kind] += status == 429

    def take(self) -> dict[str, tuple[int, int]]:
        """Return the calls and 429s since the last time, by kind of remote, and start again at 0."""
        with self._lock:
            found = {kind: (calls, self._throttled[kind]) for kind, calls in self._calls.items()}
            self._calls.clear()
            self._throttled.clear()
        return found


CALLS = CallCounter()

T = TypeVar("T")
_RETRIED = (table.Action.RETRY, table.Action.SLOW_DOWN)
# Failures after which a retry of a safe call can help.
RETRY_READ: tuple[type[RemoteError], ...] = tuple(
    kind for kind, action in table.ACTIONS.items() if action in _RETRIED
)
# Failures after which nothing was carried out: only then may an idempotent write be retried.
RETRY_WRITE: tuple[type[RemoteError], ...] = tuple(kind for kind in RETRY_READ if kind in table.NOTHING_DONE)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Timeouts in seconds. Separate, because a failed connect means "not sent" and a failed read means "unknown".

    `read` limits the whole response, from the end of the request to the last byte, however slowly the bytes come.
    """

    connect: float = 10.0
    read: float = 60.0

    @property
    def longest(self) -> float:
        """The longest life of a request: after this time, the request can have no further effect from this side."""
        return self.connect + self.read


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response: 2xx, or one of the other statuses that the caller accepts."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    elapsed: float

    @property
    def text(self) -> str:
        """The body as text; undecodable bytes are replaced."""
        return self.content.decode("utf-8", errors="replace")

    @property
    def raw(self) -> RawResponse:
        """The response as received, for people."""
        return RawResponse(self.status, self.text)


class HttpSession:
    """A pooled `requests` session for one base URL. Threads may share it."""

    def __init__(  # noqa: PLR0913 - each is named, and most have a default
        self,
        base_url: str,
        *,
        remote: str,
        kind: str = "warehouse",
        headers: Mapping[str, str] | None = None,
        timeouts: Timeouts | None = None,
        network: Network | None = None,
        budget: RemoteBudget | None = None,
        pool_size: int = 10,
        tries: int = 4,
        longest_wait: float = 30.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Create a session.

        `tries` is the maximum number of attempts, `longest_wait` the maximum wait between two (seconds). `remote` is
        the remote's name in messages, `kind` its name in counts: store, warehouse, alerts. `network` says how it is
        reached (default: as the environment says). `budget` limits the calls (default: no limit).

        Raises:
            SettingsError: if a proxy or a file of certificates cannot be used.
        """
        self.base_url = base_url.rstrip("/")
        self.remote = remote
        self._kind = kind
        self._budget = budget or NO_BUDGET
        self.timeouts = timeouts or Timeouts()
        self._tries = tries
        self._longest_wait = longest_wait
        self._sleep = sleep
        self._session = requests.Session()
        self._session.headers.update(headers or {})
        self._route = (network or Network()).route(self.base_url)
        self._route.apply(self._session)
        adapter = DeadlineAdapter(pool_connections=2, pool_maxsize=pool_size)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def call(
        self,
        method: str,
        path: str,
        *,
        safe: bool,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (),
        counted_as: str = "",
        wait_at_most: float | None = None,
    ) -> HttpResponse:
        """Make a call, and retry it only if it is safe.

        `accept` lists statuses besides 2xx that the caller handles itself. `counted_as` is the operation as the remote
        counts it. A write waits at most `wait_at_most` seconds for the budget (default: the time of one request), and
        never so long that it would miss the caller's deadline. A read waits as long as the budget allows.

        Raises:
            RateLimited: no call was free in time, or the remote refused it with a 429. Nothing was carried out.
            RemoteError: the subclass that `cartage.errors.table` names.
        """

        def once() -> HttpResponse:
            return self.once(
                method,
                path,
                safe=safe,
                params=params,
                json=json,
                data=data,
                headers=headers,
                accept=accept,
                counted_as=counted_as,
                wait_at_most=wait_at_most,
            )

        return self.retry(once) if safe else once()

    def once(
        self,
        method: str,
        path: str,
        *,
        safe: bool,
        accept: tuple[int, ...] = (),
        counted_as: str = "",
        wait_at_most: float | None = None,
        **request: Any,
    ) -> HttpResponse:
        """Make a call without retries. Arguments and errors are those of `call`."""
        operation = f"{method} {path}"
        self._wait_for_budget(counted_as, safe=safe, wait_at_most=wait_at_most)
        started = time.monotonic()
        CALLS.call(self._kind)
        received = self._send(method, path, safe=safe, **request)
        elapsed = time.monotonic() - started
        CALLS.response(self._kind, received.status_code)
        log.debug("%s %s -> %s in %.3f s", self.remote, operation, received.status_code, elapsed)
        wait = self._budget.note(counted_as, received.status_code, received.headers)
        response = HttpResponse(received.status_code, received.headers, received.content, elapsed)
        if response.status >= 300 and response.status not in accept:
            failure = self.error(
                table.rule_for_status(response.status, safe=safe),
                operation,
                status=response.status,
                retry_after=wait,
            )
            failure.response = None if safe else response.raw
            raise failure
        return response

    def retry(self, once: Callable[[], T], *, after: tuple[type[RemoteError], ...] = RETRY_READ) -> T:
        """Run `once` until it succeeds, at most `tries` times, as long as it fails with one of `after`.

        Obeys Retry-After. If that is longer than `longest_wait`, gives up, since other work may be waiting.
        """
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(after),
            wait=self._wait,
            stop=tenacity.stop_after_attempt(self._tries) | _StopAtLongRetryAfter(self._longest_wait),
            before_sleep=_log_retry,
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(once)

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def error(self, rule: table.FailureRule, operation: str, **details: Any) -> RemoteError:
        """Return the error of a rule of `cartage.errors.table`, for this remote."""
        fix = details.pop("fix", "") or rule.fix
        return rule.error(self.remote, operation, rule.what, fix=fix, **_accepted(rule.error, details))

    def _wait_for_budget(self, counted_as: str, *, safe: bool, wait_at_most: float | None) -> None:
        if safe:
            self._budget.acquire(counted_as)
            return
        within = self.timeouts.longest if wait_at_most is None else wait_at_most
        if (left := seconds_left()) is not None:
            within = min(within, left - self.timeouts.read)
        self._budget.acquire(counted_as, within=max(0.0, within))

    def _send(self, method: str, path: str, *, safe: bool, **request: Any) -> requests.Response:
        operation = f"{method} {path}"
        timeout = (self.timeouts.connect, self.timeouts.read)
        url = self.base_url + path
        in_time = nullcontext() if safe else check_deadline(self.timeouts.read)
        try:
            with in_time:
                return self._session.request(method, url, timeout=timeout, allow_redirects=False, **request)
        except requests.exceptions.InvalidHeader as failure:
            # The message contains the header's value, which may be a secret: do not chain it into the log.
            raise self.error(table.rule_for_exception(failure, safe=safe), operation) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, DeadlineExceeded) as failure:
            rule = self._route.explain(table.rule_for_exception(failure, safe=safe), failure)
            raise self.error(rule, operation) from failure

    def _wait(self, state: tenacity.RetryCallState) -> float:
        advised = _retry_after_of(state)
        grown = tenacity.wait_random_exponential(multiplier=0.5, max=self._longest_wait)(state)
        return min(grown if advised is None else advised, self._longest_wait)


class _StopAtLongRetryAfter(tenacity.stop.stop_base):
    """Gives up if Retry-After is longer than this many seconds."""

    def __init__(self, longest: float) -> None:
        self._longest = longest

    def __call__(self, retry_state: tenacity.RetryCallState) -> bool:
        return (_retry_after_of(retry_state) or 0.0) > self._longest


def _accepted(kind: type[RemoteError], details: dict[str, Any]) -> dict[str, Any]:
    dropped = "retry_after" if issubclass(kind, Refused) else ""
    return {key: value for key, value in details.items() if key != dropped}


def _retry_after_of(state: tenacity.RetryCallState) -> float | None:
    failure = state.outcome.exception() if state.outcome else None
    return failure.retry_after if isinstance(failure, RemoteError) else None


def _log_retry(state: tenacity.RetryCallState) -> None:
    failure = state.outcome.exception() if state.outcome else None
    wait = state.next_action.sleep if state.next_action else 0.0
    log.warning("%s Retrying in %.1f s (attempt %d).", failure, wait, state.attempt_number + 1)
