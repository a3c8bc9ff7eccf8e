"""What a request for reports asks for, and the report that it gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

from cartage.db.engine import database_time
from cartage.reports.figures import Report, read_report
from cartage.reports.period import LENGTHS, Period, today
from cartage.reports.tables import GROUPS
from cartage_airflow.desk.access import CanSeeLanes
from cartage_airflow.desk.ledger import reading

_DAYS = 30


@dataclass(frozen=True, slots=True)
class WantedReport:
    """The length of the period in days, and the groups whose times are compared. `lane` is the chosen one's name."""

    days: int
    by: str
    lane: str

    def query(self, **changes: object) -> dict[str, object]:
        """Return the query of the same report with some changes."""
        return {"lane": self.lane, "days": self.days, "by": self.by, **changes}


def wanted_report(
    access: CanSeeLanes,
    days: Annotated[str, Query(max_length=10)] = "",
    by: Annotated[str, Query(max_length=20)] = "",
) -> WantedReport:
    """Return what a query asks for; values that make no sense are replaced by the usual ones."""
    length = int(days) if days.isascii() and days.isdigit() and int(days) in LENGTHS else _DAYS
    return WantedReport(
        length, by if by in GROUPS[1:] else "weekday", access.chosen.name if access.chosen else ""
    )


Wanted = Annotated[WantedReport, Depends(wanted_report)]


def reported(access: CanSeeLanes, wanted: Wanted) -> Report:
    """Return the report of the lanes that the user may see, or of the chosen one."""
    with reading() as connection:
        now = database_time(connection)
        last = today((lane.store.zone() for lane in access.lanes), now)
        return read_report(connection, access.lanes, Period.last(wanted.days, last), now)


Reported = Annotated[Report, Depends(reported)]
