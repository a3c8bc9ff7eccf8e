"""Mapping files: the present rules as a file, files that runs try and backtest; and saving what was tried."""

from __future__ import annotations

from base64 import b64encode
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, File, Form, HTTPException, Request, Response, UploadFile, status
from fastapi.concurrency import run_in_threadpool

from cartage import spreadsheets as sheets
from cartage.mappings.files import MAPPING_COLUMNS, rules_to_rows
from cartage.mappings.source import mappings_of
from cartage.operations.repo import jobs
from cartage.operations.repo.jobs import Job, JobKind
from cartage_airflow.desk.access import AccessLevel, Seat, requires_access_form, requires_access_seat
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.work_orders import start_work

router = APIRouter()
# Some ten thousand rules; a file stays in the ledger with the work that was asked for it.
_MOST_BYTES = 5_000_000
# Work whose outcome can be saved.
_TRIALS = (JobKind.TRY_MAPPINGS, JobKind.PREVIEW_RULE)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Admin = Annotated[Seat, Depends(requires_access_form(AccessLevel.ADMINISTER))]


@router.get("/mappings_file")
def export(
    seat: Annotated[Seat, Depends(requires_access_seat(AccessLevel.SEE))],
    form: Literal["csv", "xlsx"] = "csv",
) -> Response:
    """The rules of now, as a file that can be given back."""
    with reading() as connection:
        rules = mappings_of(connection, seat.lane).rules
    name = f"mappings-{seat.lane.name}.{form}"
    if form == "xlsx":
        content, kind = sheets.to_xlsx(MAPPING_COLUMNS, rules_to_rows(rules), "mappings"), _XLSX
    else:
        content, kind = (
            sheets.to_csv(MAPPING_COLUMNS, rules_to_rows(rules)).encode(),
            "text/csv; charset=utf-8",
        )
    return Response(
        content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@router.post("/mappings_file")
async def try_file(
    request: Request,
    seat: Admin,
    file: Annotated[UploadFile, File()],
    what: Annotated[Literal["try", "backtest"], Form()] = "try",
    days: Annotated[int, Form(ge=1, le=365)] = 30,
    whole: Annotated[bool, Form()] = False,
) -> Response:
    """Try a file: what it would change, and which orders it would release or alter. Saves nothing."""
    content = await file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        text = f"The file is larger than {_MOST_BYTES:,} bytes. Split it, or use `cartage mappings import`."
        raise HTTPException(status.HTTP_413_CONTENT_TOO_LARGE, text)
    kind = JobKind.BACKTEST if what == "backtest" else JobKind.TRY_MAPPINGS
    name = (file.filename or "file").replace("\x00", "")[:200]
    wanted = {"file": b64encode(content).decode(), "name": name, "whole": whole, "days": days}
    return await start_work(request, seat, kind, wanted)


@router.post("/save_mappings")
async def save(
    request: Request,
    seat: Admin,
    id: Annotated[int, Form(ge=1, le=2**63 - 1)],  # noqa: A002 - the name in the form
) -> Response:
    """Save what a trial tried that has ended, unless the rules were changed meanwhile."""
    tried = await run_in_threadpool(_tried, seat, id)
    return await start_work(
        request, seat, JobKind.SAVE_MAPPINGS, {**tried.input, "seen": tried.outcome["seen"]}
    )


def _tried(seat: Seat, job_id: int) -> Job:
    with reading() as connection:
        found = jobs.get_job(connection, seat.lane.name, job_id)
    if found is None or found.kind not in _TRIALS or not found.outcome:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such trial, or it has not ended well.")
    return found
