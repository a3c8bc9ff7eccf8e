"""Who may see and do what on a lane's pages. Airflow's auth manager decides; what it does not allow is refused.

| level | right in Airflow | SimpleAuthManager | FAB |
|---|---|---|---|
| see | read the lane's orders DAG | viewer | Viewer |
| act | start runs of it | user | User |
| administer | change both of the lane's connections | op | Op |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Annotated

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.base_auth_manager import ResourceMethod
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import ConnectionDetails, DagAccessEntity
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from airflow.models.connection import Connection
from fastapi import Depends, Form, HTTPException, Query, Request, status

from cartage.lanes import valid_lanes
from cartage.lanes.settings.lane import Lane
from cartage.lifecycle.transitions import By
from cartage_airflow.desk.forms import form_token, refuse_forgery

# The DAGs that import a lane's orders and can be backfilled.
FAMILIES = ("orders", "orders_history")


class AccessLevel(IntEnum):
    """What a user may do with a lane; each level includes those below."""

    SEE = 1
    ACT = 2
    ADMINISTER = 3


@dataclass(frozen=True, slots=True)
class LaneAccess:
    """A user's access to one lane. `lanes` are all lanes that the user may see, by name; `token` is for the forms."""

    lane: Lane
    lanes: tuple[str, ...]
    user: BaseUser
    level: AccessLevel
    token: str

    @property
    def may_act(self) -> bool:
        """Whether the user may act and sees personal data."""
        return self.level >= AccessLevel.ACT

    @property
    def may_administer(self) -> bool:
        """Whether the user may edit mappings and sees payloads."""
        return self.level >= AccessLevel.ADMINISTER

    @property
    def by(self) -> By:
        """The user and the time, as the ledger's events name them."""
        return By(self.user.get_name(), f"desk/{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}")


AccessCheck = Callable[..., LaneAccess]


def requires_access_lane(level: AccessLevel) -> AccessCheck:
    """Return the dependency of a page: access to the lane in the query, or without one to the first that is visible.

    The dependency refuses with 403 if the lane is unknown, hidden from the user, or the user may not do that much.
    """

    def inner(
        request: Request, user: GetUserDep, lane: Annotated[str, Query(max_length=40)] = ""
    ) -> LaneAccess:
        return _lane_access(request, user, lane, level)

    return inner


def requires_access_form(level: AccessLevel) -> AccessCheck:
    """Return the dependency of an action: as for a page, and the form must come from a page of this very user.

    The query must name the lane.
    """

    def inner(
        request: Request,
        user: GetUserDep,
        lane: Annotated[str, Query(max_length=40)],
        token: Annotated[str, Form(max_length=500)],
    ) -> LaneAccess:
        access = _lane_access(request, user, lane, level)
        refuse_forgery(request, user, token)
        return access

    return inner


CanSee = Annotated[LaneAccess, Depends(requires_access_lane(AccessLevel.SEE))]
"""The access of the user who opens a page."""

CanSeePayloads = Annotated[LaneAccess, Depends(requires_access_lane(AccessLevel.ADMINISTER))]
"""The access of an administrator who opens a page."""

CanAct = Annotated[LaneAccess, Depends(requires_access_form(AccessLevel.ACT))]
"""The access of an operator who posts a form."""

CanAdminister = Annotated[LaneAccess, Depends(requires_access_form(AccessLevel.ADMINISTER))]
"""The access of an administrator who posts a form."""


def may(
    request: Request,
    user: GetUserDep,
    method: ResourceMethod,
    dag_id: str,
    entity: DagAccessEntity | None = None,
) -> bool:
    """Return whether Airflow's auth manager allows it; any error other than a refusal is raised."""
    try:
        requires_access_dag(method=method, access_entity=entity, param_dag_id=dag_id)(request, user)
    except HTTPException as refusal:
        if refusal.status_code != status.HTTP_403_FORBIDDEN:
            raise
        return False
    return True


def may_backfill(request: Request, user: GetUserDep, lane: Lane) -> bool:
    """Return whether the user may start backfills of both DAGs that import the lane's orders, as Airflow's API asks."""
    return all(
        may(request, user, "POST", f"{family}__{lane.name}", DagAccessEntity.RUN) for family in FAMILIES
    )


def level_of(request: Request, user: BaseUser, lane: Lane) -> AccessLevel | None:
    """Return what the user may do with a lane; None if the user may not even see it."""
    orders = f"orders__{lane.name}"
    if not may(request, user, "GET", orders):
        return None
    if not may(request, user, "POST", orders, DagAccessEntity.RUN):
        return AccessLevel.SEE
    connections = (lane.store.connection, lane.warehouse.connection)
    return (
        AccessLevel.ADMINISTER
        if all(_may_change(user, connection) for connection in connections)
        else AccessLevel.ACT
    )


def _lane_access(request: Request, user: BaseUser, name: str, wanted: AccessLevel) -> LaneAccess:
    visible = {lane.name: lane for lane in _lanes() if may(request, user, "GET", f"orders__{lane.name}")}
    lane = visible.get(name) if name else next(iter(visible.values()), None)
    level = level_of(request, user, lane) if lane else None
    if lane is None or level is None:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "There is no such lane, or you may not see it.")
    if level < wanted:
        raise HTTPException(status.HTTP_403_FORBIDDEN, _MISSING_RIGHT[wanted])
    return LaneAccess(lane, tuple(visible), user, level, form_token(request, user))


_MISSING_RIGHT = {
    AccessLevel.ACT: "You may see this lane but not act on it: that needs the right to start runs of its orders DAG.",
    AccessLevel.ADMINISTER: "That needs the right to change the lane's connections in Airflow.",
}


def _may_change(user: BaseUser, connection_id: str) -> bool:
    team = Connection.get_team_name(connection_id)
    details = ConnectionDetails(conn_id=connection_id, team_name=team)
    allowed: bool = get_auth_manager().is_authorized_connection(method="PUT", details=details, user=user)
    return allowed is True


def _lanes() -> list[Lane]:
    return sorted(valid_lanes(), key=lambda lane: lane.name)
