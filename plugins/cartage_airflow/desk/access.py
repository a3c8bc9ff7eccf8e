"""Who may see and do what on a lane's pages: whatever they may see and do with the lane's DAGs in Airflow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

from airflow.api_fastapi.auth.managers.base_auth_manager import ResourceMethod
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import HTTPException, Query, Request, status

from cartage.lanes import valid_lanes
from cartage.lanes.model import Lane

# The DAGs that import a lane's orders, and can be backfilled.
FAMILIES = ("orders", "orders_history")


def requires_access_lanes(method: ResourceMethod) -> Callable[[Request, GetUserDep, str], Sequence[Lane]]:
    """A dependency: the lane that the query names, or all whose orders DAG the user may read, by name.

    It answers 403 if there is none, whether the lane is unknown or hidden from the user.
    """

    def inner(
        request: Request, user: GetUserDep, lane: Annotated[str, Query(max_length=40)] = ""
    ) -> Sequence[Lane]:
        found = [
            one
            for one in sorted(valid_lanes(), key=lambda one: one.name)
            if lane in ("", one.name) and may(request, user, method, f"orders__{one.name}")
        ]
        if not found:
            raise HTTPException(status.HTTP_403_FORBIDDEN, "No such lane, or none that you may see.")
        return found

    return inner


def may(
    request: Request,
    user: GetUserDep,
    method: ResourceMethod,
    dag_id: str,
    entity: DagAccessEntity | None = None,
) -> bool:
    """Whether Airflow's auth manager allows it; anything but its refusal goes through as an error."""
    try:
        requires_access_dag(method=method, access_entity=entity, param_dag_id=dag_id)(request, user)
    except HTTPException as refusal:
        if refusal.status_code != status.HTTP_403_FORBIDDEN:
            raise
        return False
    return True


def may_backfill(request: Request, user: GetUserDep, lane: Lane) -> bool:
    """Whether the user may start a backfill of both DAGs that import the lane's orders, as Airflow's API asks it."""
    return all(
        may(request, user, "POST", f"{family}__{lane.name}", DagAccessEntity.RUN) for family in FAMILIES
    )
