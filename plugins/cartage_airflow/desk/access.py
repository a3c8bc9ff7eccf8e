"""Who may see and do what on a lane's pages. Airflow's auth manager decides; what it does not allow is refused.

It is asked about all lanes at once: with an auth manager of another machine, each question is a call.

| level | right in Airflow | SimpleAuthManager | FAB |
|---|---|---|---|
| see | read the lane's orders DAG | viewer | Viewer |
| act | start runs of it | user | User |
| map | also change the variable `cartage_mappings__<lane>`, which need not exist | op | a role of your own |
| administer | change both of the lane's connections | op | Op |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Annotated

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.batch_apis import (
    IsAuthorizedConnectionRequest,
    IsAuthorizedDagRequest,
    IsAuthorizedVariableRequest,
)
from airflow.api_fastapi.auth.managers.models.resource_details import (
    ConnectionDetails,
    DagAccessEntity,
    DagDetails,
    VariableDetails,
)
from airflow.api_fastapi.core_api.security import GetUserDep
from airflow.models.connection import Connection
from airflow.models.dag import DagModel
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
    MAP = 3
    ADMINISTER = 4


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
    def may_map(self) -> bool:
        """Whether the user may edit mappings."""
        return self.level >= AccessLevel.MAP

    @property
    def may_administer(self) -> bool:
        """Whether the user sees payloads."""
        return self.level >= AccessLevel.ADMINISTER

    @property
    def by(self) -> By:
        """The user and the time, as the ledger's events name them."""
        return by(self.user)


@dataclass(frozen=True, slots=True)
class LanesAccess:
    """A user's access to every lane that they may see, or to the one that the query names.

    `acting` are the names of those on which they may act, and whose personal data they see; `visible` are the names of
    all lanes that they may see, and `chosen` is the lane that the query names.
    """

    lanes: tuple[Lane, ...]
    acting: frozenset[str]
    user: BaseUser
    token: str
    visible: tuple[str, ...]
    chosen: Lane | None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the lanes."""
        return tuple(lane.name for lane in self.lanes)

    @property
    def first(self) -> LaneAccess:
        """The access to the first of the lanes, for the navigation. It says no more than whether they may act."""
        lane = self.lanes[0]
        level = AccessLevel.ACT if lane.name in self.acting else AccessLevel.SEE
        return LaneAccess(lane, self.visible, self.user, level, self.token)

    @property
    def by(self) -> By:
        """The user and the time, as the ledger's events name them."""
        return by(self.user)


def by(user: BaseUser) -> By:
    """Return the user and the present time, as the ledger's events name them."""
    return By(user.get_name(), f"desk/{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}")


AccessCheck = Callable[..., LaneAccess]
LanesCheck = Callable[..., LanesAccess]


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


def requires_access_lanes(level: AccessLevel) -> LanesCheck:
    """Return the dependency of a page about all lanes: access to those that are visible, or to the one in the query.

    The dependency refuses with 403 if no lane is visible, or `level` is ACT and the user may act on none of them.
    """

    def inner(
        request: Request, user: GetUserDep, lane: Annotated[str, Query(max_length=40)] = ""
    ) -> LanesAccess:
        return _lanes_access(request, user, lane, level)

    return inner


def requires_access_form_of_lanes(level: AccessLevel) -> LanesCheck:
    """Return the dependency of an action on several lanes: as for a page, with a form from a page of this very user."""

    def inner(
        request: Request,
        user: GetUserDep,
        token: Annotated[str, Form(max_length=500)],
        lane: Annotated[str, Query(max_length=40)] = "",
    ) -> LanesAccess:
        access = _lanes_access(request, user, lane, level)
        refuse_forgery(request, user, token)
        return access

    return inner


CanSee = Annotated[LaneAccess, Depends(requires_access_lane(AccessLevel.SEE))]
"""The access of the user who opens a page."""

CanSeePersonal = Annotated[LaneAccess, Depends(requires_access_lane(AccessLevel.ACT))]
"""The access of an operator, who sees personal data, when they open a page."""

CanSeePayloads = Annotated[LaneAccess, Depends(requires_access_lane(AccessLevel.ADMINISTER))]
"""The access of an administrator who opens a page."""

CanAct = Annotated[LaneAccess, Depends(requires_access_form(AccessLevel.ACT))]
"""The access of an operator who posts a form."""

CanMap = Annotated[LaneAccess, Depends(requires_access_form(AccessLevel.MAP))]
"""The access of somebody who may edit mappings and posts a form."""

CanSeeLanes = Annotated[LanesAccess, Depends(requires_access_lanes(AccessLevel.SEE))]
"""The access of the user who opens a page about all lanes."""

CanActOnLanes = Annotated[LanesAccess, Depends(requires_access_form_of_lanes(AccessLevel.ACT))]
"""The access of an operator who posts a form about orders of several lanes."""


def may_backfill(user: BaseUser, lane: Lane) -> bool:
    """Return whether the user may start backfills of both DAGs that import the lane's orders, as Airflow's API asks."""
    return _may_start(user, [f"{family}__{lane.name}" for family in FAMILIES])


def _lane_access(request: Request, user: BaseUser, name: str, wanted: AccessLevel) -> LaneAccess:
    visible = _visible(user)
    lane = visible.get(name) if name else next(iter(visible.values()), None)
    if lane is None:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "There is no such lane, or you may not see it.")
    level = _level_of(user, lane)
    if level < wanted:
        raise HTTPException(status.HTTP_403_FORBIDDEN, _MISSING_RIGHT[wanted])
    return LaneAccess(lane, tuple(visible), user, level, form_token(request, user))


def _lanes_access(request: Request, user: BaseUser, name: str, wanted: AccessLevel) -> LanesAccess:
    visible = _visible(user)
    lanes = tuple(lane for lane in visible.values() if not name or lane.name == name)
    if not lanes:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "There is no such lane, or you may not see it.")
    acting = _allowed([lane.name for lane in lanes], lambda names: _may_act(user, names))
    if wanted > AccessLevel.SEE and not acting:
        raise HTTPException(status.HTTP_403_FORBIDDEN, _MISSING_RIGHT[AccessLevel.ACT])
    token, chosen = form_token(request, user), lanes[0] if name else None
    return LanesAccess(lanes, acting, user, token, tuple(visible), chosen)


def _allowed(names: Sequence[str], ask: Callable[[Sequence[str]], bool]) -> frozenset[str]:
    """Return the lanes that `ask` allows. It answers for many at once: where it says no, each half is asked about."""
    if not names or ask(names):
        return frozenset(names)
    if len(names) == 1:
        return frozenset()
    half = len(names) // 2
    return _allowed(names[:half], ask) | _allowed(names[half:], ask)


def _visible(user: BaseUser) -> dict[str, Lane]:
    """Return the lanes that the user may see, by name in their order."""
    lanes = {f"orders__{lane.name}": lane for lane in sorted(valid_lanes(), key=lambda lane: lane.name)}
    teams = DagModel.get_dag_id_to_team_name_mapping(list(lanes)) if lanes else {}
    allowed: set[str] = set()
    for team in {teams.get(dag_id) for dag_id in lanes}:
        of_team = {dag_id for dag_id in lanes if teams.get(dag_id) == team}
        allowed |= get_auth_manager().filter_authorized_dag_ids(
            dag_ids=of_team, user=user, method="GET", team_name=team
        )
    return {lane.name: lane for dag_id, lane in lanes.items() if dag_id in allowed}


def _level_of(user: BaseUser, lane: Lane) -> AccessLevel:
    """Return what the user may do with a lane that the user may see."""
    if not _may_act(user, [lane.name]):
        return AccessLevel.SEE
    if _may_change(user, [lane.store.connection, lane.warehouse.connection]):
        return AccessLevel.ADMINISTER
    return AccessLevel.MAP if _may_map(user, lane.name) else AccessLevel.ACT


def _may_act(user: BaseUser, names: Sequence[str]) -> bool:
    return _may_start(user, [f"orders__{name}" for name in names])


_MISSING_RIGHT = {
    AccessLevel.ACT: "You may see this lane but not act on it: that needs the right to start runs of its orders DAG.",
    AccessLevel.MAP: "Mappings need the right to change the variable cartage_mappings__<lane> in Airflow, or the right "
    "to change the lane's connections.",
    AccessLevel.ADMINISTER: "That needs the right to change the lane's connections in Airflow.",
}


def _may_start(user: BaseUser, dag_ids: Sequence[str]) -> bool:
    """Return whether the user may start runs of all these DAGs."""
    teams = DagModel.get_dag_id_to_team_name_mapping(list(dag_ids))
    asked = [
        IsAuthorizedDagRequest(
            method="POST",
            access_entity=DagAccessEntity.RUN,
            details=DagDetails(id=dag_id, team_name=teams.get(dag_id)),
        )
        for dag_id in dag_ids
    ]
    return get_auth_manager().batch_is_authorized_dag(asked, user=user) is True


def _may_change(user: BaseUser, connection_ids: Sequence[str]) -> bool:
    """Return whether the user may change all these connections."""
    teams = Connection.get_conn_id_to_team_name_mapping(list(connection_ids))
    asked = [
        IsAuthorizedConnectionRequest(
            method="PUT",
            details=ConnectionDetails(conn_id=connection_id, team_name=teams.get(connection_id)),
        )
        for connection_id in connection_ids
    ]
    return get_auth_manager().batch_is_authorized_connection(asked, user=user) is True


def _may_map(user: BaseUser, lane: str) -> bool:
    """Return whether the user may change the variable that stands for the lane's mappings, of the team of its DAGs."""
    teams = DagModel.get_dag_id_to_team_name_mapping([f"orders__{lane}"])
    details = VariableDetails(key=f"cartage_mappings__{lane}", team_name=teams.get(f"orders__{lane}"))
    asked = [IsAuthorizedVariableRequest(method="PUT", details=details)]
    return get_auth_manager().batch_is_authorized_variable(asked, user=user) is True
