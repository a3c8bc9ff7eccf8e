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

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Annotated

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import Depends, Form, HTTPException, Query, Request, status

from cartage.lanes.settings.lane import Lane
from cartage.lifecycle.transitions import By
from cartage_airflow.desk import rights
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

    def of_lanes(self, names: Iterable[str]) -> dict[str, LaneAccess]:
        """Return the user's access to some of the lanes, by name, for what is shown of each alone."""
        wanted = set(names)
        lanes = [lane for lane in self.lanes if lane.name in wanted]
        levels = _levels_of(self.user, lanes, self.acting)
        return {
            lane.name: LaneAccess(lane, self.visible, self.user, levels[lane.name], self.token)
            for lane in lanes
        }

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
    return rights.may_start(user, [f"{family}__{lane.name}" for family in FAMILIES])


def _lane_access(request: Request, user: BaseUser, name: str, wanted: AccessLevel) -> LaneAccess:
    visible = rights.visible_lanes(user)
    lane = visible.get(name) if name else next(iter(visible.values()), None)
    if lane is None:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "There is no such lane, or you may not see it.")
    level = _level_of(user, lane)
    if level < wanted:
        raise HTTPException(status.HTTP_403_FORBIDDEN, _MISSING_RIGHT[wanted])
    return LaneAccess(lane, tuple(visible), user, level, form_token(request, user))


def _lanes_access(request: Request, user: BaseUser, name: str, wanted: AccessLevel) -> LanesAccess:
    visible = rights.visible_lanes(user)
    lanes = tuple(lane for lane in visible.values() if not name or lane.name == name)
    if not lanes:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "There is no such lane, or you may not see it.")
    acting = rights.acting_on(user, [lane.name for lane in lanes])
    if wanted > AccessLevel.SEE and not acting:
        raise HTTPException(status.HTTP_403_FORBIDDEN, _MISSING_RIGHT[AccessLevel.ACT])
    token, chosen = form_token(request, user), lanes[0] if name else None
    return LanesAccess(lanes, acting, user, token, tuple(visible), chosen)


def _level_of(user: BaseUser, lane: Lane) -> AccessLevel:
    """Return what the user may do with a lane that the user may see."""
    return _levels_of(user, [lane], rights.acting_on(user, [lane.name]))[lane.name]


def _levels_of(user: BaseUser, lanes: Sequence[Lane], acting: frozenset[str]) -> dict[str, AccessLevel]:
    """Return what the user may do with lanes that the user may see, and act on if they are among `acting`."""
    of_acting = [lane for lane in lanes if lane.name in acting]
    changing = rights.changing(user, of_acting)
    mapping = rights.mapping(user, [lane.name for lane in of_acting if lane.name not in changing])
    levels = dict.fromkeys([lane.name for lane in lanes], AccessLevel.SEE)
    levels |= dict.fromkeys([lane.name for lane in of_acting], AccessLevel.ACT)
    return levels | dict.fromkeys(mapping, AccessLevel.MAP) | dict.fromkeys(changing, AccessLevel.ADMINISTER)


_MISSING_RIGHT = {
    AccessLevel.ACT: "You may see this lane but not act on it: that needs the right to start runs of its orders DAG.",
    AccessLevel.MAP: "Mappings need the right to change the variable cartage_mappings__<lane> in Airflow, or the right "
    "to change the lane's connections.",
    AccessLevel.ADMINISTER: "That needs the right to change the lane's connections in Airflow.",
}
