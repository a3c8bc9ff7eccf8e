"""Access to lanes: what Airflow's auth manager allows, asked about all lanes at once, and nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.models.connection import Connection
from airflow.models.dag import DagModel
from fastapi import FastAPI, HTTPException

from cartage.lanes import valid_lanes
from cartage_airflow.desk import access
from cartage_airflow.desk.access import AccessLevel, LaneAccess, LanesAccess
from cartage_airflow.links import AIRFLOW_APP
from tests.unit.airflow.desk.auth_manager import questions, use_auth_manager

LANE = """
  {name}:
    store: {{connection: threedcart_{name}, time_zone: America/New_York, go_live: 2026-11-01}}
    warehouse: {{connector: extensiv, connection: extensiv_{name}, settings: {{customer_id: 12, facility_id: 1}}}}
"""
USER: Any = Mock(get_id=lambda: "ann", get_name=lambda: "ann")


@pytest.fixture(autouse=True)
def forty_lanes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "lanes.yaml"
    file.write_text("lanes:" + "".join(LANE.format(name=f"lane{number:02}") for number in range(40)))
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))


def access_to(lane: str = "", level: AccessLevel = AccessLevel.SEE) -> LaneAccess:
    outer = FastAPI()
    outer.state.secret_key = "a key"
    request: Any = Mock(scope={AIRFLOW_APP: outer})
    return access.requires_access_lane(level)(request, USER, lane)


def allowing(
    monkeypatch: pytest.MonkeyPatch, dags: Sequence[tuple[str, str]], connections: Sequence[str]
) -> Mock:
    def dag(*, method: str, details: Any, access_entity: DagAccessEntity | None = None, user: Any) -> bool:
        assert (method == "POST") == (access_entity is DagAccessEntity.RUN)
        return (method, details.id) in dags

    return use_auth_manager(
        monkeypatch, dag=dag, connection=lambda *, details, **_: details.conn_id in connections
    )


def test_the_auth_manager_is_asked_three_questions_however_many_lanes_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manager = use_auth_manager(monkeypatch, dag=lambda **_: True)
    found = access_to("lane07", AccessLevel.ADMINISTER)
    assert (found.lane.name, found.level, len(found.lanes)) == ("lane07", AccessLevel.ADMINISTER, 40)
    assert questions(manager) == [
        "filter_authorized_dag_ids",
        "batch_is_authorized_dag",
        "batch_is_authorized_connection",
    ]


def test_backfills_of_both_dags_are_one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = allowing(monkeypatch, [("POST", "orders__lane07"), ("POST", "orders_history__lane07")], [])
    lanes = {lane.name: lane for lane in valid_lanes()}
    assert access.may_backfill(USER, lanes["lane07"])
    assert questions(manager) == ["batch_is_authorized_dag"]
    assert not access.may_backfill(USER, lanes["lane08"])


@pytest.mark.parametrize(
    ("dags", "connections", "level"),
    [
        (["GET"], ["threedcart_lane07", "extensiv_lane07"], AccessLevel.SEE),
        (["GET", "POST"], ["threedcart_lane07"], AccessLevel.ACT),
        (["GET", "POST"], ["threedcart_lane07", "extensiv_lane07"], AccessLevel.ADMINISTER),
    ],
)
def test_a_level_needs_all_of_its_rights(
    monkeypatch: pytest.MonkeyPatch, dags: list[str], connections: list[str], level: AccessLevel
) -> None:
    allowing(monkeypatch, [(method, "orders__lane07") for method in dags], connections)
    found = access_to("lane07")
    assert (found.level, found.lanes) == (level, ("lane07",))
    for higher in (wanted for wanted in AccessLevel if wanted > level):
        with pytest.raises(HTTPException) as refused:
            access_to("lane07", higher)
        assert refused.value.status_code == 403


def mapping(monkeypatch: pytest.MonkeyPatch, dags: Sequence[str], variables: Sequence[str]) -> None:
    use_auth_manager(
        monkeypatch,
        dag=lambda *, method, **_: method in dags,
        connection=lambda **_: False,
        variable=lambda *, method, details, **_: method == "PUT" and details.key in variables,
    )


def test_who_may_change_the_lanes_mapping_variable_may_map_without_a_right_on_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mapping(monkeypatch, ["GET", "POST"], ["cartage_mappings__lane07"])
    mapper, operator = access_to("lane07", AccessLevel.MAP), access_to("lane08")
    assert (mapper.level, mapper.may_map, mapper.may_administer) == (AccessLevel.MAP, True, False)
    assert (operator.level, operator.may_map) == (AccessLevel.ACT, False)
    mapping(monkeypatch, ["GET"], ["cartage_mappings__lane07"])
    assert access_to("lane07").level is AccessLevel.SEE, "mapping includes acting"


def lanes_access_to(lane: str = "", level: AccessLevel = AccessLevel.SEE) -> LanesAccess:
    outer = FastAPI()
    outer.state.secret_key = "a key"
    request: Any = Mock(scope={AIRFLOW_APP: outer})
    return access.requires_access_lanes(level)(request, USER, lane)


def test_all_lanes_are_those_that_the_user_may_see_and_acting_is_asked_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = [f"lane{number:02}" for number in range(20)]
    acting = frozenset({"lane03", "lane17"})
    rights = [("GET", f"orders__{name}") for name in seen] + [("POST", f"orders__{name}") for name in acting]
    allowing(monkeypatch, [*rights, ("POST", "orders__lane30")], [])
    found = lanes_access_to()
    assert (found.names, found.acting) == (tuple(seen), acting)
    only = lanes_access_to("lane03", AccessLevel.ACT)
    assert (only.names, only.acting) == (("lane03",), frozenset({"lane03"}))
    for lane, level in (("lane30", AccessLevel.SEE), ("lane04", AccessLevel.ACT)):
        with pytest.raises(HTTPException) as refused:
            lanes_access_to(lane, level)
        assert refused.value.status_code == 403


def test_acting_on_all_lanes_is_one_question_where_it_is_allowed_on_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manager = use_auth_manager(monkeypatch, dag=lambda **_: True)
    assert len(lanes_access_to().acting) == 40
    assert questions(manager) == ["filter_authorized_dag_ids", "batch_is_authorized_dag"]


def test_each_team_is_asked_about_its_own_lanes(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = use_auth_manager(monkeypatch, dag=lambda *, details, **_: details.team_name == "west")
    west = {"orders__lane01", "orders__lane02"}
    monkeypatch.setattr(
        DagModel, "get_dag_id_to_team_name_mapping", lambda ids: dict.fromkeys(west & set(ids), "west")
    )
    monkeypatch.setattr(
        Connection, "get_conn_id_to_team_name_mapping", lambda ids: dict.fromkeys(ids, "west")
    )
    assert access_to().lanes == ("lane01", "lane02")
    asked = [call.kwargs for call in manager.filter_authorized_dag_ids.call_args_list]
    assert {call["team_name"]: len(call["dag_ids"]) for call in asked} == {"west": 2, None: 38}
    [connections] = manager.batch_is_authorized_connection.call_args.args
    assert {request["details"].team_name for request in connections} == {"west"}


@pytest.mark.parametrize("answer", [None, "yes", 1, Mock()])
def test_an_answer_that_is_not_yes_is_no(monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    manager = use_auth_manager(monkeypatch, dag=lambda **_: True)
    manager.batch_is_authorized_dag.side_effect = lambda *_, **__: answer
    assert access_to("lane07").level is AccessLevel.SEE


def test_an_auth_manager_that_fails_lets_nobody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = use_auth_manager(monkeypatch, dag=lambda **_: True)
    manager.filter_authorized_dag_ids.side_effect = RuntimeError("the directory is down")
    with pytest.raises(RuntimeError, match="directory is down"):
        access_to("lane07")


def test_a_lane_that_was_not_asked_about_is_not_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = use_auth_manager(monkeypatch, dag=lambda **_: True)
    manager.filter_authorized_dag_ids.side_effect = lambda **_: {"orders__lane01", "orders__other"}
    assert access_to().lanes == ("lane01",)


def test_each_lane_of_a_page_has_a_level_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    dags = [("GET", f"orders__lane0{number}") for number in (1, 2, 3)]
    dags += [("POST", "orders__lane02"), ("POST", "orders__lane03")]
    allowing(monkeypatch, dags, ["threedcart_lane03", "extensiv_lane03"])
    found = lanes_access_to()
    assert (found.names, found.chosen) == (("lane01", "lane02", "lane03"), None)
    assert [lane.level for lane in found.of_lanes(found.names).values()] == [
        AccessLevel.SEE,
        AccessLevel.ACT,
        AccessLevel.ADMINISTER,
    ]
    chosen = lanes_access_to("lane02")
    assert (chosen.names, chosen.visible) == (("lane02",), found.names)
    assert chosen.chosen and chosen.chosen.name == "lane02"


def test_the_teams_of_all_lanes_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    use_auth_manager(monkeypatch, dag=lambda *, method, **_: method == "GET")
    asked: list[int] = []

    def teams(dag_ids: Sequence[str]) -> dict[str, str]:
        asked.append(len(dag_ids))
        return {}

    monkeypatch.setattr(DagModel, "get_dag_id_to_team_name_mapping", teams)
    assert lanes_access_to().acting == frozenset()
    # Once for what is visible, once for what the user may do, however many questions that takes.
    assert asked == [40, 40]
