"""Mapping files: export of the current rules, trial and backtest of an uploaded file, and saving what was tried."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, File, Form, HTTPException, Request, Response, UploadFile, status
from fastapi.concurrency import run_in_threadpool

from cartage.mappings.files import MAPPING_COLUMNS, rules_to_rows
from cartage.mappings.source import current_mappings
from cartage.operations.repo.jobs import Job, JobKind, get_job
from cartage.spreadsheets import rows_to_csv, rows_to_xlsx
from cartage_airflow.desk.access import CanMap, CanSee, LaneAccess
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.pages.mappings.warehouse import known_warehouse
from cartage_airflow.desk.parameters import FormId, FormText, storable
from cartage_airflow.desk.start_job import start_job

router = APIRouter()
# Some ten thousand rules; the file stays in the ledger as long as a job works on it.
_MOST_BYTES = 5_000_000
# Jobs whose outcome can be saved.
_TRIALS = (JobKind.TRY_MAPPINGS, JobKind.PREVIEW_RULE)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/mappings_file")
def export_mappings(access: CanSee, form: Literal["csv", "xlsx"] = "csv") -> Response:
    """Return the current rules as a file that can be uploaded again."""
    with reading() as connection:
        rows = rules_to_rows(current_mappings(connection, access.lane))
    if form == "xlsx":
        content, media_type = rows_to_xlsx(MAPPING_COLUMNS, rows, "mappings"), _XLSX
    else:
        content, media_type = rows_to_csv(MAPPING_COLUMNS, rows).encode(), "text/csv; charset=utf-8"
    name = f"mappings-{access.lane.name}.{form}"
    return Response(
        content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@router.post("/mappings_file")
async def try_file(
    request: Request,
    access: CanMap,
    file: Annotated[UploadFile, File()],
    what: Annotated[Literal["try", "backtest"], Form()] = "try",
    days: Annotated[int, Form(ge=1, le=365)] = 30,
    whole: Annotated[bool, Form()] = False,
    forced: FormText = "",
    warehouse: Annotated[str, Depends(known_warehouse)] = "",
) -> Response:
    """Start the job that tries a file: which rules it would change, and which orders. Saves nothing.

    `warehouse` is the one of rows that name none.
    """
    content = await file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        text = f"The file is larger than {_MOST_BYTES:,} bytes. Split it, or use `cartage mappings import`."
        raise HTTPException(status.HTTP_413_CONTENT_TOO_LARGE, text)
    kind = JobKind.BACKTEST if what == "backtest" else JobKind.TRY_MAPPINGS
    name = storable(file.filename or "file")[:200]
    wanted = {"name": name, "whole": whole, "days": days, "forced": storable(forced), "of": warehouse}
    return await start_job(request, access, kind, wanted, upload=content)


@router.post("/save_mappings")
async def save_trial(
    request: Request,
    access: CanMap,
    id: FormId,  # noqa: A002 - the name in the form
) -> Response:
    """Start the job that saves a finished trial, unless the rules were changed in the meantime."""
    trial = await run_in_threadpool(_trial, access, id)
    wanted = {**trial.input, "seen": trial.outcome["seen"]}
    return await start_job(request, access, JobKind.SAVE_MAPPINGS, wanted, upload=trial.upload_id)


def _trial(access: LaneAccess, job_id: int) -> Job:
    with reading() as connection:
        job = get_job(connection, access.lane.name, job_id)
    if job is None or job.kind not in _TRIALS or not job.outcome:
        raise HTTPException(
            status.HTTP_404_NOT_FOUND, "There is no such trial, or it did not end successfully."
        )
    if job.outcome.get("bad_rows"):
        text = "The file has rows with mistakes. Correct them and try it again."
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, text)
    return job
