"""The page of a lane's differences between store, ledger and warehouse, with their fixes, and the list as a file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from cartage.model.differences.fixes import FIX_MEANINGS
from cartage.model.differences.kinds import MEANINGS, DifferenceKind
from cartage.operations.repo.jobs import JobKind
from cartage.reconciliation.repo import differences as repo
from cartage.reconciliation.tables import differences_to_csv, differences_to_xlsx
from cartage_airflow.desk.access import CanAct, CanSee
from cartage_airflow.desk.ledger import reading, writing
from cartage_airflow.desk.pages.differences.trend import trend_chart
from cartage_airflow.desk.parameters import FormId, FormText, PageId, storable
from cartage_airflow.desk.rendering import redirect, render
from cartage_airflow.desk.start_job import start_job

router = APIRouter()
_PAGE = 100
_MOST_EXPORTED = 100_000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Kind = Annotated[DifferenceKind | None, Query()]
Ignored = Annotated[bool, Query()]


@router.get("/differences", response_class=HTMLResponse)
def differences(
    request: Request, access: CanSee, kind: Kind = None, ignored: Ignored = False, after: PageId = None
) -> HTMLResponse:
    """Show what differs, the oldest first: as the last comparison found it, with its trend."""
    lane, today = access.lane.name, datetime.now(UTC).date()
    with reading() as connection:
        found = repo.listed_differences(
            connection, lane, kind=kind, ignored=ignored, after=after or 0, size=_PAGE + 1
        )
        counts = repo.open_counts(connection, lane)
        last = repo.last_run(connection, lane)
        trend = repo.trend(connection, lane, today - timedelta(days=29), today)
    return render(
        request,
        "differences/template.html",
        access=access,
        found=found[:_PAGE],
        counts={each: counts.get((each, False), 0) for each in DifferenceKind},
        ignored_count=sum(number for (_, is_ignored), number in counts.items() if is_ignored),
        kind=kind,
        ignored=ignored,
        first=after is None,
        next_after=found[_PAGE - 1].id if len(found) > _PAGE else None,
        last=last,
        chart=trend_chart(trend) if any(trend.values()) else None,
        meanings=MEANINGS,
        fixes=FIX_MEANINGS,
    )


@router.get("/differences.csv")
def differences_csv(access: CanSee, kind: Kind = None, ignored: Ignored = False) -> Response:
    """Return all differences of the page as CSV."""
    content = differences_to_csv(_all(access.lane.name, kind, ignored=ignored)).encode("utf-8-sig")
    return _file(content, "text/csv; charset=utf-8", access.lane.name, "csv")


@router.get("/differences.xlsx")
def differences_xlsx(access: CanSee, kind: Kind = None, ignored: Ignored = False) -> Response:
    """Return all differences of the page as a workbook."""
    content = differences_to_xlsx(_all(access.lane.name, kind, ignored=ignored))
    return _file(content, _XLSX, access.lane.name, "xlsx")


@router.post("/differences")
def note_difference(
    access: CanAct,
    id: FormId,  # noqa: A002 - the name in the form
    action: Annotated[Literal["ignore", "heed", "own"], Form()],
    text: FormText = "",
) -> RedirectResponse:
    """Ignore a difference with a reason, heed it again, or name who looks at it."""
    lane, words = access.lane.name, storable(text)
    with writing() as connection:
        if action == "ignore":
            repo.ignore_difference(connection, lane, id, words, access.by)
        elif action == "heed":
            repo.heed_difference(connection, lane, id)
        else:
            repo.own_difference(connection, lane, id, words)
    return redirect("differences", lane=lane)


@router.post("/fix_difference")
async def start_fix(
    request: Request,
    access: CanAct,
    id: FormId,  # noqa: A002 - the name in the form
) -> Response:
    """Start the job that does what Cartage can do about a difference without a risk."""
    return await start_job(request, access, JobKind.FIX_DIFFERENCE, {"difference": id})


def _all(lane: str, kind: DifferenceKind | None, *, ignored: bool) -> list[repo.Difference]:
    with reading() as connection:
        return repo.listed_differences(connection, lane, kind=kind, ignored=ignored, size=_MOST_EXPORTED)


def _file(content: bytes, media_type: str, lane: str, ending: str) -> Response:
    name = f"differences-{lane}-{datetime.now(UTC):%Y%m%d-%H%M%S}.{ending}"
    return Response(
        content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
