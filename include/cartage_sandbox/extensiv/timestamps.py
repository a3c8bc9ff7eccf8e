"""Naive time stamps as the API writes and reads them: no offset, in UTC or in the facility's time.

Times inside the emulator are aware and in UTC; only this module converts them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import tz_win

from cartage_sandbox.extensiv.rql import RqlError
from cartage_sandbox.kernel.rules import Rules


class Timestamps:
    """The time zone in which the rules have time stamps written and read."""

    def __init__(self, rules: Rules) -> None:
        """Follows the rules when they change."""
        self._rules = rules

    @property
    def zone(self) -> ZoneInfo:
        """Return the current zone of naive time stamps."""
        local = self._rules.text("timestamps") == "facility-local"
        return ZoneInfo(self._rules.text("facility_timezone") if local else "UTC")

    def naive(self, instant: datetime) -> datetime:
        """Return the wall clock time in the zone at `instant` (aware, in UTC)."""
        if self._rules["timestamps"] == "utc":
            return instant.astimezone(UTC).replace(tzinfo=None)
        return instant.astimezone(self.zone).replace(tzinfo=None, fold=0)

    def shown(self, instant: datetime | None) -> str | None:
        """Return the API's text for a time: milliseconds, without trailing zeros, as .NET writes it."""
        return None if instant is None else _text(self.naive(instant))

    def floor_shown(self, instant: datetime | None) -> str | None:
        """Return the API's text for a time on the facility's floor."""
        if instant is None or self._rules.text("floor_timestamps") == "as-others":
            return self.shown(instant)
        zone = ZoneInfo(self._rules.text("facility_timezone"))
        return _text(instant.astimezone(zone).replace(tzinfo=None, fold=0))

    @property
    def facility_zone_name(self) -> str:
        """Return the facility's time zone as Windows calls it."""
        zone = self._rules.text("facility_timezone")
        return tz_win.get(zone, zone)

    def read(self, text: str) -> datetime:
        """Return the naive time that a literal in a query means. Raises RqlError.

        A literal with an offset is converted to the zone.
        """
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise RqlError(f"Not a date: {text}") from error
        return moment if moment.tzinfo is None else self.naive(moment)

    def earliest(self, naive: datetime) -> datetime:
        """Return the earliest time (UTC) whose naive form may be `naive` or later."""
        folds = (naive.replace(tzinfo=self.zone, fold=fold) for fold in (0, 1))
        return min(moment.astimezone(UTC) for moment in folds)


def _text(naive: datetime) -> str:
    text = naive.isoformat(timespec="milliseconds")
    return text.rstrip("0").rstrip(".") if "." in text else text
