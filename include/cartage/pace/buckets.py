"""The interface of a bucket, which limits the calls to a remote. Threads may share one."""

from __future__ import annotations

from typing import Protocol


class CallBudget(Protocol):
    """Limits the calls to a remote."""

    def acquire(self) -> None:
        """Block until one call may leave, and count it."""
        ...

    def penalise(self, retry_after: float | None) -> None:
        """Record a 429: no call leaves for `retry_after` seconds (or a default), then calls leave more slowly."""
        ...


class Bucket(CallBudget, Protocol):
    """A budget that follows what the remote says of its limits."""

    def acquire(self, *, within: float | None = None) -> None:
        """Block until one call may leave, and count it.

        Raises:
            RateLimited: if none is free within so many seconds; then none was counted.
        """
        ...

    def fill(self) -> None:
        """Take the bucket to be full: the remote has counted more calls than we have."""
        ...

    def follow(self, per_second: float) -> None:
        """Take the remote's own word for the rate from now on."""
        ...
