"""The page of a lane's alerts: what is wrong now and where to fix it, and the alerts that are over."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cartage.monitoring.views import closed_alerts, open_alerts
from cartage_airflow.desk.access import CanSee
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.pages.alerts.links import fix_link, order_links, outside_links
from cartage_airflow.desk.parameters import PageId
from cartage_airflow.desk.rendering import render

router = APIRouter()
_PAGE = 50


@router.get("/alerts", response_class=HTMLResponse)
def alerts(request: Request, access: CanSee, after: PageId = None, before: PageId = None) -> HTMLResponse:
    """Show open alerts, oldest first, and alerts that are over, newest first; each list pages by itself."""
    lane, size = access.lane.name, _PAGE + 1
    with reading() as connection:
        open_now = [] if before else open_alerts(connection, lane, after=after or 0, size=size)
        over = [] if after else closed_alerts(connection, lane, before=before, size=size)
    return render(
        request,
        "alerts/template.html",
        access=access,
        open_now=open_now[:_PAGE],
        over=over[:_PAGE],
        after=after,
        before=before,
        next_after=open_now[_PAGE - 1].alert.id if len(open_now) > _PAGE else None,
        next_before=over[_PAGE - 1].alert.id if len(over) > _PAGE else None,
        fix_link=fix_link,
        order_links=order_links,
        outside_links=outside_links,
    )
