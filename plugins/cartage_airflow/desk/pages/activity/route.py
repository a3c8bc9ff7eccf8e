"""The page of what happened, newest first, with filters; the audit of what people did; and both as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from cartage.db.schema.causes import NOT_PEOPLE
from cartage.dispatch import STAGE_NAMES
from cartage.operations.activity.repo import Activity, Happening, read_activity
from cartage.redaction import redact
from cartage.spreadsheets import escape_cell
from cartage_airflow.desk.access import CanSeeLanes
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.pages.activity.query import WantedActivity, WantedPart, one_zone
from cartage_airflow.desk.pages.activity.words import words_of
from cartage_airflow.desk.rendering import moment, render
from cartage_airflow.links import airflow_path

router = APIRouter()
_PAGE = 50
# Rows that one statement of the export reads, so that each ends well within the statement timeout.
_BATCH = 500

COLUMNS = ("at_utc", "at_store", "lane", "who", "what", "from", "to", "order", "reference", "why", "run")


@router.get("/activity", response_class=HTMLResponse)
def activity(request: Request, access: CanSeeLanes, wanted: WantedPart) -> HTMLResponse:
    """Show one page of what happened."""
    read = Activity([])
    if not wanted.mistakes:
        with reading() as connection:
            read = read_activity(connection, wanted.wanted, before=wanted.before, size=_PAGE + 1)
    found = read.happenings
    return render(
        request,
        "activity/template.html",
        access=access,
        wanted=wanted,
        happenings=found[:_PAGE],
        more=wanted.after(found[_PAGE - 1].place) if len(found) > _PAGE else "",
        further=wanted.after(read.looked_to) if read.looked_to else "",
        looked_to=read.looked_to,
        first=wanted.before is None,
        zones={lane.name: lane.store.zone() for lane in access.lanes},
        zone=one_zone(access),
        stages=STAGE_NAMES,
        not_people=NOT_PEOPLE,
        words_of=words_of,
        run_page=airflow_path,
    )


@router.get("/activity.csv")
def export_activity(access: CanSeeLanes, wanted: WantedPart) -> StreamingResponse:
    """Return all of it as CSV, written while it is read."""
    name = f"{'audit' if wanted.wanted.people else 'activity'}-{datetime.now(UTC):%Y%m%d-%H%M%S}.csv"
    zones = {lane.name: lane.store.zone() for lane in access.lanes}
    rows = (
        [
            moment(found.at),
            f"{found.at.astimezone(zones[found.lane]):%Y-%m-%d %H:%M:%S}",
            found.lane,
            found.actor,
            words_of(found),
            found.from_state,
            found.to_state,
            found.number,
            found.reference,
            redact(found.why),
            found.run_id,
        ]
        for found in _all(wanted)
    )
    return StreamingResponse(
        _csv(rows),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _all(wanted: WantedActivity) -> Iterator[Happening]:
    """Yield everything that is wanted. No connection is kept between batches, however slowly the client reads."""
    before = wanted.before
    while not wanted.mistakes:
        with reading() as connection:
            read = read_activity(connection, wanted.wanted, before=before, size=_BATCH)
        yield from read.happenings
        if read.looked_to:
            before = read.looked_to
        elif len(read.happenings) < _BATCH:
            return
        else:
            before = read.happenings[-1].place


def _csv(rows: Iterable[list[str]]) -> Iterator[str]:
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for number, row in enumerate(rows, 1):
        writer.writerow([escape_cell(cell) for cell in row])
        # Each piece costs the api-server a change of threads.
        if number % _BATCH == 0:
            yield written.getvalue()
            written.seek(0)
            written.truncate()
    yield written.getvalue()
