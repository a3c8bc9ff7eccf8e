"""How many calls a remote accepts, and the headers in which it says so: what a connector declares of its vendor."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class CallLimit:
    """A leaky bucket: `burst` calls at once, and `per_second` continuously.

    Raises:
        ValueError: if the remote would accept no call.
    """

    burst: int
    per_second: float

    def __post_init__(self) -> None:
        if self.burst < 1 or not (math.isfinite(self.per_second) and self.per_second > 0):
            raise ValueError(
                f"a limit of {self.burst} calls at once and {self.per_second} a second accepts none"
            )


def sliding_window(calls: int, seconds: float, *, burst: int) -> CallLimit:
    """Return the bucket that lets at most `calls` through in any `seconds`, wherever they begin.

    A bucket lets its burst and what leaks meanwhile through a window. The larger the burst, the slower the rate.

    Raises:
        ValueError: if the burst leaves nothing for the rest of the window.
    """
    return CallLimit(burst, (calls - burst) / seconds)


@dataclass(frozen=True, slots=True)
class CallLimits:
    """What a remote's vendor documents of its limits for one account.

    `limit` is None if none is documented: then only the waits that the remote demands are kept. The remote counts all
    calls together, or those of each operation by themselves (`per_operation`). `operations` are those with a limit, and
    thus a bucket, of their own.

    `wait_headers` name the header of a 429 that says how long to wait (seconds or a date); the first that is there
    counts. `remaining_header` says how many calls are left, `rate_header` how many a second the account may make.
    """

    limit: CallLimit | None = None
    per_operation: bool = False
    operations: Mapping[str, CallLimit] = field(default_factory=dict)
    wait_headers: tuple[str, ...] = ("Retry-After",)
    remaining_header: str = ""
    rate_header: str = ""

    def bucket_of(self, operation: str) -> str:
        """Return the name of the bucket that counts this operation; empty for the account's own."""
        return operation if self.per_operation or operation in self.operations else ""

    def limit_of(self, bucket: str) -> CallLimit | None:
        """Return the limit of a bucket; None if none is documented."""
        return self.operations.get(bucket, self.limit)

    def agreed(self, burst: int | None, per_second: float | None) -> CallLimits:
        """Return these limits with what a merchant has agreed with the warehouse instead of its vendor's figures.

        They hold for every bucket. A burst that is not known is the vendor's, or else one second's calls; a rate that
        is not known is the vendor's.
        """
        if burst is None and per_second is None:
            return self
        return replace(
            self,
            limit=_agreed(self.limit, burst, per_second),
            operations={
                name: _agreed(limit, burst, per_second) or limit for name, limit in self.operations.items()
            },
        )


def _agreed(limit: CallLimit | None, burst: int | None, per_second: float | None) -> CallLimit | None:
    rate = per_second or (limit.per_second if limit else None)
    if rate is None:
        return None
    return CallLimit(burst or (limit.burst if limit else math.ceil(rate)), rate)


NO_LIMITS = CallLimits()
