"""How far a long list was read, said in the log: count, rate, time left. Says nothing of a list of one page."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

log = logging.getLogger(__name__)


class Progress:
    """The progress of one try to read a list, from the row at which the try began."""

    def __init__(
        self,
        lane: str,
        what: str,
        *,
        begun_behind: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lane, self._what, self._clock = lane, what, clock
        self._begun_behind, self._begun_at = begun_behind, clock()
        self._pages = 0

    @property
    def pages(self) -> int:
        """How many pages this try has read."""
        return self._pages

    def page(self, read: int, total: int | None) -> None:
        """Say that the first `read` rows of the list are committed, of `total` where that is known."""
        self._pages += 1
        if self._pages > 1:
            log.info("lane %s: %s: %s", self._lane, self._what, self.told(read, total))

    def told(self, read: int, total: int | None) -> str:
        """`3,000 of about 100,000 orders read, 260 a second, about 6 min left`."""
        rate = (read - self._begun_behind) / max(self._clock() - self._begun_at, 0.001)
        parts = [f"{read:,} of about {max(total, read):,} orders read" if total else f"{read:,} orders read"]
        parts.append(f"{rate:,.0f} a second")
        if total and rate > 0:
            parts.append(f"about {_span(max(total - read, 0) / rate)} left")
        return ", ".join(parts)


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
