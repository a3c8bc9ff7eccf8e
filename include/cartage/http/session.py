"""One HTTP session for one remote: timeouts, masking, typed errors. Knows nothing of what is said over it.

Every call says whether it is safe to repeat. `call` never repeats an unsafe one; a safe one is tried again a
few times with growing waits (tenacity). A client that has to act before each try uses `once` and `repeated`.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import requests
import tenacity
import urllib3.exceptions

from cartage.errors import (
    RawResponse,
    Refused,
    RemoteError,
    table,
)
from cartage.http.deadline import DeadlineAdapter, DeadlineExceeded, check_deadline

log = logging.getLogger(__name__)


class Tally:
    """How many calls this process made, and how many of them were answered with 429, by kind of remote."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._throttled: Counter[str] = Counter()

    def call(self, kind: str) -> None:
        """Count one call that is about to be made."""
        with self._lock:
            self._calls[kind] += 1

    def response(self, kind: str, status: int) -> None:
        """Count its answer, if that asks for fewer calls."""
        with self._lock:
            self._throttled[kind] += status == 429

    def take(self) -> dict[str, tuple[int, int]]:
        """Calls and 429s since the last time, by kind of remote."""
        with self._lock:
            found = {kind: (calls, self._throttled[kind]) for kind, calls in self._calls.items()}
            self._calls.clear()
            self._throttled.clear()
        return found


TALLY = Tally()

T = TypeVar("T")
_AGAIN = (table.Action.RETRY, table.Action.SLOW_DOWN)
# Failures after which trying a safe call again can help.
REPEAT_READ: tuple[type[RemoteError], ...] = tuple(
    kind for kind, action in table.ACTIONS.items() if action in _AGAIN
)
# Failures after which nothing was carried out: only after these may an idempotent write be sent again.
REPEAT_WRITE: tuple[type[RemoteError], ...] = tuple(
    kind for kind in REPEAT_READ if kind in table.NOTHING_DONE
)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. Separate, because a failed connect means "not sent" and a failed read means "unknown"."""

    connect: float = 10.0
    read: float = 60.0

    @property
    def longest(self) -> float:
        """The longest life of one request: after it, nothing more can come of it from our side."""
        return self.connect + self.read


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A status, its headers, and the body's text; 2xx or one of the statuses that the caller asked to see."""

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
        """The answer as it came, for people."""
        return RawResponse(self.status, self.text)


class HttpSession:
    """A pooled `requests` session bound to one base URL. May be shared by threads once it is built."""

    def __init__(
        self,
        base_url: str,
        *,
        remote: str,
        kind: str = "warehouse",
        headers: Mapping[str, str] | None = None,
        timeouts: Timeouts | None = None,
        pool_size: int = 10,
        tries: int = 4,
        longest_wait: float = 30.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`tries` bounds a repeated call, `longest_wait` (seconds) each wait between two tries.

        `remote` names the remote in words, `kind` for counting: store, warehouse, alerts.
        """
        self.base_url = base_url.rstrip("/")
        self.remote = remote
        self._kind = kind
        self.timeouts = timeouts or Timeouts()
        self._tries = tries
        self._longest_wait = longest_wait
        self._sleep = sleep
        self._session = requests.Session()
        self._session.headers.update(headers or {})
        # trust_env would look up ~/.netrc for every request and could replace our Authorization header.
        self._session.trust_env = False
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
    ) -> HttpResponse:
        """Make one call; repeat it only if it is safe.

        `accept` lists statuses beyond 2xx that the caller wants to read itself.

        Raises:
            RemoteError: the subclass that `cartage.errors.table` names.
        """

        def once() -> HttpResponse:
            return self.once(
                method, path, safe=safe, params=params, json=json, data=data, headers=headers, accept=accept
            )

        return self.repeated(once) if safe else once()

    def once(
        self, method: str, path: str, *, safe: bool, accept: tuple[int, ...] = (), **request: Any
    ) -> HttpResponse:
        """Make one call, and only one; the arguments and errors of `call`."""
        operation = f"{method} {path}"
        started = time.monotonic()
        TALLY.call(self._kind)
        received = self._send(method, path, safe=safe, **request)
        elapsed = time.monotonic() - started
        TALLY.response(self._kind, received.status_code)
        log.debug("%s %s -> %s in %.3f s", self.remote, operation, received.status_code, elapsed)
        response = HttpResponse(received.status_code, received.headers, received.content, elapsed)
        if response.status >= 300 and response.status not in accept:
            failure = self.error(
                table.of_status(response.status, safe=safe),
                operation,
                status=response.status,
                retry_after=retry_after(response.headers),
            )
            failure.response = None if safe else response.raw
            raise failure
        return response

    def repeated(self, once: Callable[[], T], *, after: tuple[type[RemoteError], ...] = REPEAT_READ) -> T:
        """Run `once` until it succeeds, at most `tries` times, as long as it fails with one of `after`.

        Waits as the remote advises; advice to wait beyond `longest_wait` ends it, since others may be
        waiting.
        """
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(after),
            wait=self._wait,
            stop=tenacity.stop_after_attempt(self._tries) | _StopIfAdvised(self._longest_wait),
            before_sleep=_say_again,
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(once)

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def error(self, verdict: table.FailureRule, operation: str, **details: Any) -> RemoteError:
        """Build the error that a verdict names, for this remote."""
        fix = details.pop("fix", "") or verdict.fix
        return verdict.error(
            self.remote, operation, verdict.what, fix=fix, **_accepted(verdict.error, details)
        )

    def _send(self, method: str, path: str, *, safe: bool, **request: Any) -> requests.Response:
        operation = f"{method} {path}"
        timeout = (self.timeouts.connect, self.timeouts.read)
        url = self.base_url + path
        look = nullcontext() if safe else check_deadline(self.timeouts.read)
        try:
            with look:
                return self._session.request(method, url, timeout=timeout, allow_redirects=False, **request)
        except requests.exceptions.InvalidHeader as failure:
            # Its message holds the header's value, which may be a secret: it must not be chained into a log.
            raise self.error(table.of_exception(failure, safe=safe), operation) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, DeadlineExceeded) as failure:
            raise self.error(table.of_exception(failure, safe=safe), operation) from failure

    def _wait(self, state: tenacity.RetryCallState) -> float:
        advised = _advised(state)
        grown = tenacity.wait_random_exponential(multiplier=0.5, max=self._longest_wait)(state)
        return min(grown if advised is None else advised, self._longest_wait)


class _StopIfAdvised(tenacity.stop.stop_base):
    """Stops trying when the remote advises to wait longer than this many seconds."""

    def __init__(self, longest: float) -> None:
        self._longest = longest

    def __call__(self, retry_state: tenacity.RetryCallState) -> bool:
        return (_advised(retry_state) or 0.0) > self._longest


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The wait in seconds that an answer advises (RFC 9110, 10.2.3: seconds or a date), else None."""
    value = headers.get("Retry-After", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        return _until(value, headers.get("Date", ""))
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _until(date: str, now: str) -> float | None:
    """Seconds until an HTTP date, by the clock of the answer itself where it tells one."""
    moment = _http_date(date)
    return max(0.0, (moment - (_http_date(now) or datetime.now(UTC))).total_seconds()) if moment else None


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _accepted(kind: type[RemoteError], details: dict[str, Any]) -> dict[str, Any]:
    dropped = "retry_after" if issubclass(kind, Refused) else ""
    return {key: value for key, value in details.items() if key != dropped}


def _advised(state: tenacity.RetryCallState) -> float | None:
    failure = state.outcome.exception() if state.outcome else None
    return failure.retry_after if isinstance(failure, RemoteError) else None


def _say_again(state: tenacity.RetryCallState) -> None:
    failure = state.outcome.exception() if state.outcome else None
    wait = state.next_action.sleep if state.next_action else 0.0
    log.warning("%s Trying again in %.1f s (try %d).", failure, wait, state.attempt_number + 1)
