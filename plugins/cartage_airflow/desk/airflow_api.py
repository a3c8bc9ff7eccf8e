"""Calls to the REST API of the Airflow that the desk runs in: in this process, as the user of the request.

The desk uses the public API instead of Airflow's classes: the API checks permissions, writes the audit log and is
stable.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx
from fastapi import FastAPI, Request

from cartage_airflow.links import AIRFLOW_APP

# The headers by which Airflow knows the user.
_CREDENTIALS = ("authorization", "cookie")


class Declined(Exception):
    """Airflow refused the call; `status` is its HTTP status, the text says why."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def airflow_app(request: Request) -> FastAPI:
    """Return the application of Airflow's api-server, into which the desk is mounted."""
    app: FastAPI = request.scope[AIRFLOW_APP]
    return app


async def create_backfill(
    request: Request, *, dag_id: str, first: datetime, last: datetime, reprocess: str, max_active_runs: int
) -> int:
    """Start a backfill as the user of `request` and return its id.

    Raises:
        Declined: if the user may not, a backfill of the DAG is running, or no window lies between the dates.
    """
    body = {
        "dag_id": dag_id,
        "from_date": first.isoformat(),
        "to_date": last.isoformat(),
        "reprocess_behavior": reprocess,
        "max_active_runs": max_active_runs,
        "run_backwards": False,
        "dag_run_conf": {},
    }
    response = await _post(request, "/api/v2/backfills", body)
    return int(response["id"])


async def trigger(request: Request, dag_id: str, conf: dict[str, Any]) -> str:
    """Start a run of a DAG as the user of `request` and return its run id.

    Raises:
        Declined: if the user may not, or Airflow has no such DAG yet.
    """
    response = await _post(request, f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf})
    return str(response["dag_run_id"])


async def _post(request: Request, path: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {name: request.headers[name] for name in _CREDENTIALS if name in request.headers}
    transport = httpx.ASGITransport(app=airflow_app(request))
    # Airflow takes some ten seconds to create a backfill of a thousand windows.
    async with httpx.AsyncClient(transport=transport, base_url="http://airflow", timeout=300) as client:
        response = await client.post(path, json=body, headers=headers)
    if not response.is_success:
        raise Declined(response.status_code, _detail(response))
    document: dict[str, Any] = response.json()
    return document


def _detail(response: httpx.Response) -> str:
    try:
        detail: Any = response.json().get("detail")
    except (ValueError, AttributeError):
        detail = None
    return detail if isinstance(detail, str) else f"Airflow responded with status {response.status_code}."
