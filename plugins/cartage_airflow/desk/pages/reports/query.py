"""What a request for reports asks for, and the report that it gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

from cartage.db.engine import database_time
from cartage.reports.figures import Report, read_report
from cartage.reports.period import LENGTHS, Period, today
from cartage.reports.tables import GROUPS
from cartage_airflow.desk.access import CanSeeLanes, LanesAccess
from cartage_airflow.desk.ledger import reading

_DAYS = 30


@dataclass(frozen=True, slots=True)
class WantedReport:
    """The length of the period in days, and the groups whose times are compared.

    `lane` is the chosen one's name, `warehouse` the chosen one of its several warehouses; both empty: all.
    """

    days: int
    by: str
    lane: str
    warehouse: str = ""

    def query(self, **changes: object) -> dict[str, object]:
        """Return the query of the same report with some changes."""
        query = {"lane": self.lane, "warehouse": self.warehouse, "days": self.days, "by": self.by, **changes}
        return {name: value for name, value in query.items() if value or name != "warehouse"}


def wanted_report(
    access: CanSeeLanes,
    days: Annotated[str, Query(max_length=10)] = "",
    by: Annotated[str, Query(max_length=20)] = "",
    warehouse: Annotated[str, Query(max_length=40)] = "",
) -> WantedReport:
    """Return what a query asks for; values that make no sense are replaced by the usual ones."""
    length = int(days) if days.isascii() and days.isdigit() and int(days) in LENGTHS else _DAYS
    return WantedReport(
        length,
        by if by in GROUPS[1:] else "weekday",
        access.chosen.name if access.chosen else "",
        warehouse if warehouse in warehouse_names(access) else "",
    )


def warehouse_names(access: LanesAccess) -> tuple[str, ...]:
    """Return the names of the several warehouses of the only lane that the report is about; none for other lanes."""
    return tuple(access.lanes[0].warehouses) if len(access.lanes) == 1 else ()


Wanted = Annotated[WantedReport, Depends(wanted_report)]


def reported(access: CanSeeLanes, wanted: Wanted) -> Report:
    """Return the report of the lanes that the user may see, or of the chosen one, or of its chosen warehouse."""
    lanes = [access.lanes[0].at(wanted.warehouse)] if wanted.warehouse else access.lanes
    with reading() as connection:
        now = database_time(connection)
        last = today((lane.store.zone() for lane in access.lanes), now)
        return read_report(connection, lanes, Period.last(wanted.days, last), now)


Reported = Annotated[Report, Depends(reported)]
