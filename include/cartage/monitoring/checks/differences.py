"""Check a lane's differences between store, ledger and warehouse: those of the kinds that it names, by age."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from cartage.model.differences.kinds import MEANINGS, DifferenceKind
from cartage.monitoring.checks.hours import Calendar
from cartage.monitoring.kinds import AlertKind
from cartage.monitoring.repo.alerts import AlertFinding
from cartage.monitoring.repo.differences import oldest_differences
from cartage.plurals import counted

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane
    from cartage.runtime.links import Links

DIFFERENCE_KINDS = (AlertKind.DIFFERENCES,)
_MOST_NAMED = 5


def difference_findings(
    connection: Connection, lane: Lane, links: Links, now: datetime
) -> list[AlertFinding]:
    """Return one alert for each kind that the lane names, if a difference of it is older than the lane allows."""
    calendar = Calendar.of(lane)
    reached = {kind.value: calendar.reach(now, age) for kind, age in lane.reconciliation.alert_after.items()}
    before = {kind: moment for kind, moment in reached.items() if moment is not None}
    page = links.differences(lane.name)
    return [
        AlertFinding(
            kind=AlertKind.DIFFERENCES,
            key=row.kind,
            stage="compare",
            title=f"{counted(row.number, 'difference')}: {MEANINGS[DifferenceKind(row.kind)]}",
            meaning="Store, ledger and warehouse disagree, and no stage has settled it. Nothing has stopped.",
            fix="Look at them on the desk's Differences page, or with "
            f"`cartage differences list --lane {lane.name} --kind {row.kind}`. Fix or ignore each; it ends by itself "
            "once it is gone.",
            links={"Differences page": page} if page else {},
            facts={
                "examples": ", ".join(row.examples[:_MOST_NAMED]),
                "oldest since": f"{row.oldest:%F %T} UTC",
            },
            # A further difference is news: it is sent at once, not with the next repeat.
            mark=row.newest,
        )
        for row in oldest_differences(connection, lane.name, before)
    ]
