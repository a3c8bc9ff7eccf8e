"""The access token: kept until shortly before it expires, and renewed by one thread for all.

Knows nothing about HTTP; the owner passes the function that fetches a token.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cartage.errors import CartageError

_LARGEST_MARGIN = 120.0


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token, and how long it is used (on the clock of its source)."""

    value: str = field(repr=False)
    use_until: float

    @property
    def header(self) -> str:
        """Return what a request has as Authorization (RFC 6750)."""
        return f"Bearer {self.value}"

    @classmethod
    def of(cls, value: str, expires_in: float | None, now: float, *, longest: float) -> AccessToken:
        """Return a token fetched at `now`, used until a tenth of its life (at most two minutes) before it expires.

        It lives `longest` seconds at most, and exactly so long if `expires_in` is not known.
        """
        life = min(expires_in if expires_in is not None else longest, longest)
        return cls(value, now + life - min(life / 10, _LARGEST_MARGIN))


class TokenSource:
    """Provides the current token. Threads that need a new token wait for one fetch and share its outcome."""

    def __init__(self, fetch: Callable[[], AccessToken], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._token: AccessToken | None = None
        self._failure: CartageError | None = None
        self._fetches = 0

    def current(self) -> AccessToken:
        """Return the token. Fetch it if there is none or it is about to expire. Raises what the fetch raises."""
        fetches, token = self._fetches, self._token
        return token if token and self._clock() < token.use_until else self._fetched(fetches)

    def replacement_of(self, rejected: AccessToken) -> AccessToken:
        """Return a different token from the one that got a 401. Raises what the fetch raises."""
        fetches, token = self._fetches, self._token
        return token if token and token is not rejected else self._fetched(fetches)

    def _fetched(self, seen: int) -> AccessToken:
        """Fetch a token, unless another thread has since `seen` fetches; then share its token or its failure."""
        with self._lock:
            if self._fetches != seen and self._token:
                return self._token
            if self._fetches != seen and self._failure:
                raise self._failure
            return self._renewed()

    def _renewed(self) -> AccessToken:
        self._token, self._failure = None, None
        try:
            self._token = self._fetch()
            return self._token
        except CartageError as failure:
            self._failure = failure
            raise
        finally:
            self._fetches += 1
