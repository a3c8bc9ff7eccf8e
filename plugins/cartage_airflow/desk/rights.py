"""Questions to Airflow's auth manager about many lanes at once. What it does not allow is refused.

With an auth manager of another machine each question is a call, and the teams of DAGs and connections are in Airflow's
database: both are asked for as few times as possible.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

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
from airflow.models.connection import Connection
from airflow.models.dag import DagModel

from cartage.lanes import valid_lanes
from cartage.lanes.settings.lane import Lane


def visible_lanes(user: BaseUser) -> dict[str, Lane]:
    """Return the lanes that the user may see, by name in their order."""
    lanes = {f"orders__{lane.name}": lane for lane in sorted(valid_lanes(), key=lambda lane: lane.name)}
    teams = _teams_of_dags(list(lanes))
    allowed: set[str] = set()
    for team in {teams.get(dag_id) for dag_id in lanes}:
        of_team = {dag_id for dag_id in lanes if teams.get(dag_id) == team}
        allowed |= get_auth_manager().filter_authorized_dag_ids(
            dag_ids=of_team, user=user, method="GET", team_name=team
        )
    return {lane.name: lane for dag_id, lane in lanes.items() if dag_id in allowed}


def acting_on(user: BaseUser, names: Sequence[str]) -> frozenset[str]:
    """Return those of these lanes whose orders DAG the user may start."""
    teams = _teams_of_dags([f"orders__{name}" for name in names])

    def may_start_all(some: Sequence[str]) -> bool:
        return _may_start(user, [f"orders__{name}" for name in some], teams)

    return _allowed(names, may_start_all)


def changing(user: BaseUser, lanes: Sequence[Lane]) -> frozenset[str]:
    """Return those of these lanes of which the user may change every connection: the store's and all warehouses'."""
    connections = {
        lane.name: (lane.store.connection, *(view.warehouse.connection for view in lane.views()))
        for lane in lanes
    }
    every = sorted({connection for own in connections.values() for connection in own})
    teams = Connection.get_conn_id_to_team_name_mapping(every) if every else {}

    def may_change_all(some: Sequence[str]) -> bool:
        return _may_change(user, sorted({id_ for name in some for id_ in connections[name]}), teams)

    return _allowed(list(connections), may_change_all)


def mapping(user: BaseUser, names: Sequence[str]) -> frozenset[str]:
    """Return those of these lanes whose variable for mappings the user may change."""
    teams = _teams_of_dags([f"orders__{name}" for name in names])
    return _allowed(names, lambda some: _may_map(user, some, teams))


def may_start(user: BaseUser, dag_ids: Sequence[str]) -> bool:
    """Return whether the user may start runs of all these DAGs."""
    return _may_start(user, dag_ids, _teams_of_dags(dag_ids))


def _allowed(names: Sequence[str], ask: Callable[[Sequence[str]], bool]) -> frozenset[str]:
    """Return the lanes that `ask` allows. It answers for many at once: where it says no, each half is asked about."""
    if not names or ask(names):
        return frozenset(names)
    if len(names) == 1:
        return frozenset()
    half = len(names) // 2
    return _allowed(names[:half], ask) | _allowed(names[half:], ask)


def _teams_of_dags(dag_ids: Sequence[str]) -> Mapping[str, str | None]:
    return DagModel.get_dag_id_to_team_name_mapping(list(dag_ids)) if dag_ids else {}


def _may_start(user: BaseUser, dag_ids: Sequence[str], teams: Mapping[str, str | None]) -> bool:
    asked = [
        IsAuthorizedDagRequest(
            method="POST",
            access_entity=DagAccessEntity.RUN,
            details=DagDetails(id=dag_id, team_name=teams.get(dag_id)),
        )
        for dag_id in dag_ids
    ]
    return get_auth_manager().batch_is_authorized_dag(asked, user=user) is True


def _may_change(user: BaseUser, connection_ids: Sequence[str], teams: Mapping[str, str | None]) -> bool:
    """Return whether the user may change all these connections, which belong to these teams."""
    asked = [
        IsAuthorizedConnectionRequest(
            method="PUT",
            details=ConnectionDetails(conn_id=connection_id, team_name=teams.get(connection_id)),
        )
        for connection_id in connection_ids
    ]
    return get_auth_manager().batch_is_authorized_connection(asked, user=user) is True


def _may_map(user: BaseUser, lanes: Sequence[str], teams: Mapping[str, str | None]) -> bool:
    """Return whether the user may change the variables that stand for these lanes' mappings.

    Each is of the team of its lane's DAGs.
    """
    asked = [
        IsAuthorizedVariableRequest(
            method="PUT",
            details=VariableDetails(key=f"cartage_mappings__{lane}", team_name=teams.get(f"orders__{lane}")),
        )
        for lane in lanes
    ]
    return get_auth_manager().batch_is_authorized_variable(asked, user=user) is True
