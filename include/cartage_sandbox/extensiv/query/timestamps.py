"""Naive timestamps, as the API writes and reads them: no offset, in UTC or in the facility's time.

Instants inside the emulator are aware and in UTC; only this module leaves that ground.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cartage_sandbox.extensiv.query.rql import RqlError
from cartage_sandbox.kernel.rules import Rules


class Timestamps:
    """The zone in which the rules have timestamps written and read."""

    def __init__(self, rules: Rules) -> None:
        """Follows the rules as they change."""
        self._rules = rules

    @property
    def zone(self) -> ZoneInfo:
        """The zone of naive timestamps at present."""
        local = self._rules.text("timestamps") == "facility-local"
        return ZoneInfo(self._rules.text("facility_timezone") if local else "UTC")

    def naive(self, instant: datetime) -> datetime:
        """Return what the wall clock of the zone shows at `instant` (aware, in UTC)."""
        if self._rules["timestamps"] == "utc":
            return instant.astimezone(UTC).replace(tzinfo=None)
        return instant.astimezone(self.zone).replace(tzinfo=None, fold=0)

    def shown(self, instant: datetime | None) -> str | None:
        """Return the API's text for an instant: milliseconds, without trailing zeros, as .NET writes it."""
        if instant is None:
            return None
        text = self.naive(instant).isoformat(timespec="milliseconds")
        return text.rstrip("0").rstrip(".") if "." in text else text

    def read(self, text: str) -> datetime:
        """Return the naive time that a query's literal means. Raises RqlError.

        A literal with an offset is moved into the zone.
        """
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise RqlError(f"Not a date: {text}") from error
        return moment if moment.tzinfo is None else self.naive(moment)

    def earliest(self, naive: datetime) -> datetime:
        """Return an instant (UTC) that no instant showing `naive` or later precedes."""
        folds = (naive.replace(tzinfo=self.zone, fold=fold) for fold in (0, 1))
        return min(moment.astimezone(UTC) for moment in folds)
